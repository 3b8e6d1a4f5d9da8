#!/bin/sh
# What rustc calls as its linker: from the one file of LLVM's bitcode that it leaves to an eBPF object.
set -eu
while [ $# -gt 0 ]; do
	case "$1" in
	-o)
		out=$2
		shift
		;;
	*.o) in=$1 ;;
	esac
	shift
done
# The target has no calls to memcpy, and aya-log copies what it knows the size of: once everything is in one function, so does
# the compiler.
export LD_LIBRARY_PATH="$AYAJS_LLVM_LIBRARIES"
"$AYAJS_LLVM/opt" --force-attribute=alwaysinline --force-remove-attribute=noinline --force-remove-attribute=cold \
	'--passes=forceattrs,always-inline,default<O3>' "$in" -o "$out.bc"
exec "$AYAJS_LLVM/llc" -march=bpfel -mcpu=v1 -O3 -filetype=obj "$out.bc" -o "$out"
