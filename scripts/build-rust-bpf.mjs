// Compiles the eBPF programs in Rust to the committed objects of bpf/rust; --check proves that those are what a build gives.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { cachePath, root } from './lib/project.mjs'
import { withBtf, withValidNames } from './lib/rust-btf.mjs'
import { compiler } from './lib/rust-compiler.mjs'

const usage = `usage: node scripts/build-rust-bpf.mjs [--check]

  --check   write nothing: build elsewhere, compare with the committed objects, exit 1 when one differs

Needs cargo, and apt-get of Debian 12: the first time it downloads a compiler of 136 MB into .cache/, and installs nothing.`

const folder = join(root, 'bpf/rust')
const target = 'bpfel-unknown-none'

/** Those whose maps do without types are there in both ways; for the others there is only one. */
const alsoWithoutTypes = ['logs', 'maps']
const withoutTypes = ['.BTF', '.rel.BTF', '.BTF.ext', '.rel.BTF.ext'].map((name) => `--remove-section=${name}`)

process.exitCode = main(process.argv.slice(2))

function main(args) {
  const check = args[0] === '--check'
  if (args.length > (check ? 1 : 0)) {
    console.error(usage)
    return 2
  }
  const temporary = mkdtempSync(join(tmpdir(), 'ayajs-build-rust-bpf-'))
  try {
    const objects = build(temporary)
    return check ? compare(objects) : write(objects)
  } catch (error) {
    console.error(error.message)
    return 1
  } finally {
    rmSync(temporary, { recursive: true })
  }
}

/** The bytes of all objects by name. */
function build(temporary) {
  const tools = compiler()
  // A check must not find what an earlier build has left, but for what cargo has compiled of others.
  const output = join(cachePath('rust-bpf'), 'target')
  cargo(tools, output)
  const objects = new Map()
  for (const name of names()) {
    const compiled = join(output, target, 'release', name)
    const stripped = join(temporary, name)
    objcopy(tools, ['--strip-debug', compiled, stripped])
    objects.set(`${name}.bpf.o`, withTypes(stripped))
    if (alsoWithoutTypes.includes(name)) {
      objects.set(`${name}_no_btf.bpf.o`, copied(tools, withoutTypes, stripped, `${stripped}_no_btf`))
    }
  }
  return objects
}

/** One object for each file in src/bin. */
function names() {
  return readdirSync(join(folder, 'src/bin')).map((name) => name.replace(/\.rs$/, ''))
}

function cargo({ bin, llvm, libraries }, output) {
  const sources = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'registry/src')
  const registries = existsSync(sources) ? readdirSync(sources).map((name) => join(sources, name)) : []
  // No path of this machine may get into an object: those are in its BTF.
  const prefixes = [`${folder}=bpf/rust`, ...registries.map((path) => `${path}=crates`)]
  const env = {
    ...process.env,
    CARGO_TARGET_DIR: output,
    CARGO_TARGET_BPFEL_UNKNOWN_NONE_LINKER: join(folder, 'link.sh'),
    CARGO_TARGET_BPFEL_UNKNOWN_NONE_RUSTFLAGS: prefixes.map((one) => `--remap-path-prefix=${one}`).join(' '),
    AYAJS_LLVM: llvm,
    AYAJS_LLVM_LIBRARIES: libraries,
    RUSTC: join(bin, 'rustc'),
    // aya-ebpf has assembly in it, which is not stable for eBPF.
    RUSTC_BOOTSTRAP: '1',
  }
  // A toolchain that rustup was told of, and flags for it, are not for this compiler.
  for (const name of ['RUSTFLAGS', 'CARGO_ENCODED_RUSTFLAGS', 'RUSTC_WRAPPER', 'CARGO_BUILD_RUSTC_WRAPPER']) {
    delete env[name]
  }
  const run = (...args) => spawn('cargo', args, { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit'] })
  if (registries.length === 0) {
    run('fetch', '--locked')
    return cargo({ bin, llvm, libraries }, output)
  }
  run('build', '--release', '--locked', '--target', target)
}

function withTypes(stripped) {
  return withBtf(readFileSync(stripped), withValidNames)
}

function copied(tools, options, from, to) {
  objcopy(tools, [...options, from, to])
  return readFileSync(to)
}

function objcopy({ llvm, libraries }, args) {
  spawn(join(llvm, 'llvm-objcopy'), args, { env: { ...process.env, LD_LIBRARY_PATH: libraries }, encoding: 'utf8' })
}

function write(objects) {
  for (const [name, bytes] of objects) {
    writeFileSync(join(folder, name), bytes)
    console.log(`built bpf/rust/${name}`)
  }
  return 0
}

function compare(objects) {
  const committed = readdirSync(folder).filter((name) => name.endsWith('.bpf.o'))
  const complaints = [
    ...committed.filter((name) => !objects.has(name)).map((name) => `${name}: has no source`),
    ...[...objects.keys()].filter((name) => !committed.includes(name)).map((name) => `${name}: is missing`),
    ...committed
      .filter((name) => objects.get(name)?.equals(readFileSync(join(folder, name))) === false)
      .map((name) => `${name}: differs from what a build gives`),
  ]
  for (const complaint of complaints) console.error(`bpf/rust/${complaint}`)
  if (complaints.length > 0) console.error('run: npm run build:rust-bpf, and commit the result')
  else console.log(`${objects.size} objects are what a build gives`)
  return complaints.length > 0 ? 1 : 0
}

function spawn(command, args, options) {
  const { error, status, stderr } = spawnSync(command, args, options)
  if (error?.code === 'ENOENT') throw new Error(`${command} not found`)
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\nexit status ${status}\n${stderr ?? ''}`)
}
