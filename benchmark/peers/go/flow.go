// Key and value of the measured maps, as bpf2go would write them, and the data of all rows.
package main

import (
	"encoding/binary"
	"math/bits"
)

const (
	entries    = 65536 // of flows and doomed
	cpuEntries = 4096
	totals     = 1024
	samples    = 1024 // different keys of one measurement
	step       = 61   // from one of them to the next: odd, so that none comes twice
	chunk      = 4096 // entries of one batch
)

type flowKey struct {
	Saddr    uint32 // network byte order
	Daddr    uint32 // network byte order
	Sport    uint16 // network byte order
	Dport    uint16 // network byte order
	Protocol uint32
}

type flow struct {
	Packets     uint64
	Bytes       uint64
	FirstSeenNs uint64
	Flags       uint32
	Mark        uint32
}

func makeKey(number uint32) flowKey {
	return flowKey{
		Saddr:    networkOrder32(0x0a000000 + number),
		Daddr:    networkOrder32(0xc0a80001),
		Sport:    networkOrder16(uint16(1024 + number%50000)),
		Dport:    networkOrder16(443),
		Protocol: 6,
	}
}

func makeFlow(number uint32) flow {
	return flow{
		Packets:     uint64(number) + 1,
		Bytes:       (uint64(number) + 1) * 1500,
		FirstSeenNs: 1700000000000000000 + uint64(number),
		Flags:       1,
		Mark:        number % 256,
	}
}

func networkOrder32(value uint32) uint32 {
	if binary.NativeEndian.Uint16([]byte{1, 0}) == 1 {
		return bits.ReverseBytes32(value)
	}
	return value
}

func networkOrder16(value uint16) uint16 {
	return uint16(networkOrder32(uint32(value)) >> 16)
}
