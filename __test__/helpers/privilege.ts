// What a kernel test needs of its caller: root, or it fails. What it needs of the kernel is in kernel-features.ts.

/** Fails the file, loudly, for whoever is not root: a kernel test that did not run proves nothing. */
export function requireRoot(): void {
  const uid = process.geteuid?.()
  if (uid !== 0) throw new Error(`Kernel tests need root, and this is user ${uid}: run npm test as root (sudo).`)
}
