// The rows of the ring buffer: it is drained after the harness has filled it, or while it does.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"
)

// The number of the record after which a live consumer has had everything.
const lastEvent = 0xffffffff

// As struct event_64 and struct event_512 of benchmark/bpf/event.h; event_16 is the first three members.
type event struct {
	TimeNs                                            uint64
	Number, Length                                    uint32
	Bytes                                             uint64
	Saddr, Daddr                                      uint32
	Sport, Dport                                      uint16
	Protocol, Mark, Priority, Ifindex, Queue, Packets uint32
	Flags                                             uint32
	Payload                                           [448]byte
}

// What was decoded last: a variable that lives on, or else the compiler would leave the decoding out.
var decoded event

// A row that reads the number of each record.
func (p *peer) drain(iterations int, result *result) error {
	return p.withReader(result, func(reader *ringbuf.Reader) error {
		var record ringbuf.Record
		for range iterations {
			if err := reader.ReadInto(&record); err != nil {
				return err
			}
			result.sum += uint64(number(record.RawSample))
		}
		return nil
	})
}

// A row that decodes all members of each record.
func (p *peer) drainFields(decode func([]byte)) func(int, *result) error {
	return func(iterations int, result *result) error {
		return p.withReader(result, func(reader *ringbuf.Reader) error {
			var record ringbuf.Record
			for range iterations {
				if err := reader.ReadInto(&record); err != nil {
					return err
				}
				decode(record.RawSample)
				result.sum += uint64(decoded.Number)
			}
			return nil
		})
	}
}

// Times `read` with a reader of its own.
func (p *peer) withReader(result *result, read func(*ringbuf.Reader) error) error {
	reader, err := ringbuf.NewReader(p.ring)
	if err != nil {
		return err
	}
	defer reader.Close()
	// Too few records are an error, not a wait.
	reader.SetDeadline(time.Now().Add(10 * time.Second))
	result.started = time.Now()
	err = read(reader)
	result.ended = time.Now()
	return err
}

func number(sample []byte) uint32 {
	return binary.NativeEndian.Uint32(sample[8:])
}

func decode16(sample []byte) {
	_ = sample[15]
	decoded.TimeNs = binary.NativeEndian.Uint64(sample)
	decoded.Number = binary.NativeEndian.Uint32(sample[8:])
	decoded.Length = binary.NativeEndian.Uint32(sample[12:])
}

func decode64(sample []byte) {
	_ = sample[63]
	decoded.Bytes = binary.NativeEndian.Uint64(sample[16:])
	decoded.Saddr = binary.NativeEndian.Uint32(sample[24:])
	decoded.Daddr = binary.NativeEndian.Uint32(sample[28:])
	decoded.Sport = binary.NativeEndian.Uint16(sample[32:])
	decoded.Dport = binary.NativeEndian.Uint16(sample[34:])
	decoded.Protocol = binary.NativeEndian.Uint32(sample[36:])
	decoded.Mark = binary.NativeEndian.Uint32(sample[40:])
	decoded.Priority = binary.NativeEndian.Uint32(sample[44:])
	decoded.Ifindex = binary.NativeEndian.Uint32(sample[48:])
	decoded.Queue = binary.NativeEndian.Uint32(sample[52:])
	decoded.Packets = binary.NativeEndian.Uint32(sample[56:])
	decoded.Flags = binary.NativeEndian.Uint32(sample[60:])
	decode16(sample)
}

func decode512(sample []byte) {
	copy(decoded.Payload[:], sample[64:])
	decode64(sample)
}

// Reads until the last record, and tells what it has seen.
func (p *peer) live() (string, error) {
	reader, err := ringbuf.NewReader(p.ring)
	if err != nil {
		return "", err
	}
	defer reader.Close()
	var record ringbuf.Record
	var first, last uint64
	latencies := make([]uint64, 0, 4_000_000)
	clock := newClock()
	fmt.Println("ready")
	before := usage()
	for {
		if err := reader.ReadInto(&record); err != nil {
			return "", err
		}
		if number(record.RawSample) == lastEvent {
			break
		}
		last = clock.now()
		if len(latencies) == 0 {
			first = last
		}
		latencies = append(latencies, last-binary.NativeEndian.Uint64(record.RawSample))
	}
	after := usage()
	if len(latencies) == 0 {
		return "", errors.New("no records")
	}
	slices.Sort(latencies)
	count := len(latencies)
	return fmt.Sprintf(`{"records":%d,"elapsedNs":%d,"cpuNs":%d,"switches":%d,"p50Ns":%d,"p99Ns":%d}`,
		count, last-first, after.cpuNs-before.cpuNs, after.switches-before.switches,
		latencies[count/2], latencies[count*99/100]), nil
}

// CLOCK_MONOTONIC without a system call: Go's own clock is the same one, with another beginning.
type clock struct {
	base      time.Time
	monotonic uint64
}

func newClock() clock {
	best, width := clock{}, int64(math.MaxInt64)
	for range 100 { // A thread that is put aside between the two clocks would get all latencies wrong.
		before, base, after := monotonic(), time.Now(), monotonic()
		if between := after - before; between < width {
			best, width = clock{base, uint64(before + between/2)}, between
		}
	}
	return best
}

func monotonic() int64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		panic(err)
	}
	return now.Nano()
}

func (c clock) now() uint64 {
	return c.monotonic + uint64(time.Since(c.base))
}

type used struct{ cpuNs, switches int64 }

func usage() used {
	var all unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &all); err != nil {
		panic(err)
	}
	return used{all.Utime.Nano() + all.Stime.Nano(), all.Nvcsw}
}
