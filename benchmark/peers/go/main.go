// The Go peer of the benchmark: `peer PINS OBJECT [fields]`, then one `ROW ITERATIONS BEFORE` a line. With `fields` it has
// the rows of the ring buffer only, and decodes all members of the records.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/cilium/ebpf"
)

// What a measurement gives: when its measured part began and ended, and a sum over what it read, which keeps it honest. A
// row that cleans up sets the end itself.
type result struct {
	started, ended time.Time
	sum            uint64
}

func main() {
	fields := len(os.Args) == 4 && os.Args[3] == "fields"
	if len(os.Args) != 3 && !fields {
		os.Exit(2)
	}
	peer, err := openPeer(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	rows := peer.rows()
	if fields {
		rows = peer.fieldRows()
	}
	introduce(rows)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var name string
		var iterations, before int
		if _, err := fmt.Sscan(lines.Text(), &name, &iterations, &before); err != nil {
			fmt.Println("error", err)
			continue
		}
		if name == "live" {
			fmt.Println(answer(peer.live()))
		} else {
			fmt.Println(measure(rows[name], name, iterations, before))
		}
	}
}

func answer(text string, err error) string {
	if err != nil {
		return "error " + err.Error()
	}
	return text
}

func measure(run func(int, *result) error, name string, iterations, before int) string {
	if run == nil {
		return "error no row " + name
	}
	if before > 0 {
		if err := run(before, &result{}); err != nil {
			return "error " + err.Error()
		}
	}
	result := result{started: time.Now()}
	err := run(iterations, &result)
	if result.ended.IsZero() {
		result.ended = time.Now()
	}
	elapsed := result.ended.Sub(result.started)
	if err != nil {
		return "error " + err.Error()
	}
	return fmt.Sprint(elapsed.Nanoseconds(), " ", result.sum)
}

func openPeer(pins, object string) (*peer, error) {
	peer := &peer{object: object, cpus: ebpf.MustPossibleCPU()}
	maps := map[string]**ebpf.Map{
		"flows": &peer.flows, "doomed": &peer.doomed, "cpu_flows": &peer.cpuFlows, "totals": &peer.totals,
		"ring": &peer.ring,
	}
	for name, place := range maps {
		opened, err := ebpf.LoadPinnedMap(filepath.Join(pins, name), nil)
		if err != nil {
			return nil, err
		}
		*place = opened
	}
	for number := range uint32(entries) {
		peer.keys = append(peer.keys, makeKey(number))
		peer.values = append(peer.values, makeFlow(number))
	}
	for number := range samples {
		peer.sampleKeys = append(peer.sampleKeys, peer.keys[number*step%entries])
		peer.sampleValues = append(peer.sampleValues, peer.values[number*step%entries])
		peer.cpuSampleKeys = append(peer.cpuSampleKeys, peer.keys[number*step%cpuEntries])
	}
	return peer, nil
}

func introduce(rows map[string]func(int, *result) error) {
	names := []string{}
	for name := range rows {
		names = append(names, name)
	}
	text, err := json.Marshal(map[string]any{"version": libraryVersion(), "rows": names})
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
}

func libraryVersion() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, module := range build.Deps {
		if module.Path == "github.com/cilium/ebpf" {
			return module.Version[1:] + " (" + build.GoVersion + ")"
		}
	}
	return ""
}
