// The rows of the benchmark. Each adds up what it has read, or counts what it has done.
package main

import (
	"errors"
	"time"

	"github.com/cilium/ebpf"
)

type peer struct {
	object                                string
	cpus                                  int
	flows, doomed, cpuFlows, totals, ring *ebpf.Map
	keys                                  []flowKey
	values                                []flow

	// The ones that single operations use, close together, as those of a program at work are.
	sampleKeys, cpuSampleKeys []flowKey
	sampleValues              []flow
}

func (p *peer) rows() map[string]func(int, *result) error {
	return map[string]func(int, *result) error{
		"fill":           p.fill,
		"lookup":         p.lookup,
		"update":         p.update,
		"delete":         p.delete,
		"array-lookup":   p.arrayLookup,
		"per-cpu-lookup": p.perCPULookup,
		"iterate":        p.iterate,
		"batch-lookup":   p.batchLookup,
		"batch-update":   p.batchUpdate,
		"load":           p.load,
		"ring-16":        p.drain,
		"ring-64":        p.drain,
		"ring-512":       p.drain,
		"live":           nil, // which has an answer of its own
	}
}

func (p *peer) fieldRows() map[string]func(int, *result) error {
	return map[string]func(int, *result) error{
		"ring-16":  p.drainFields(decode16),
		"ring-64":  p.drainFields(decode64),
		"ring-512": p.drainFields(decode512),
	}
}

func (p *peer) fill(int, *result) error {
	for i := range p.keys {
		if err := p.flows.Put(&p.keys[i], &p.values[i]); err != nil {
			return err
		}
	}
	for i := range cpuEntries {
		eachCPU := []flow{}
		for range p.cpus {
			eachCPU = append(eachCPU, p.values[i])
		}
		if err := p.cpuFlows.Put(&p.keys[i], eachCPU); err != nil {
			return err
		}
	}
	for i := range uint32(totals) {
		if err := p.totals.Put(i, uint64(i)+1); err != nil {
			return err
		}
	}
	return nil
}

func (p *peer) lookup(iterations int, result *result) error {
	var flow flow
	for i := range iterations {
		if err := p.flows.Lookup(&p.sampleKeys[i%samples], &flow); err != nil {
			return err
		}
		result.sum += flow.Packets
	}
	return nil
}

func (p *peer) update(iterations int, result *result) error {
	for i := range iterations {
		sample := i % samples
		if err := p.flows.Put(&p.sampleKeys[sample], &p.sampleValues[sample]); err != nil {
			return err
		}
		result.sum++
	}
	return nil
}

func (p *peer) delete(iterations int, result *result) error {
	for i := range iterations {
		if err := p.doomed.Put(&p.sampleKeys[i], &p.sampleValues[i]); err != nil {
			return err
		}
	}
	result.started = time.Now()
	for i := range iterations {
		if err := p.doomed.Delete(&p.sampleKeys[i]); err != nil {
			return err
		}
		result.sum++
	}
	return nil
}

func (p *peer) arrayLookup(iterations int, result *result) error {
	var total uint64
	for i := range iterations {
		if err := p.totals.Lookup(uint32(i%totals), &total); err != nil {
			return err
		}
		result.sum += total
	}
	return nil
}

func (p *peer) perCPULookup(iterations int, result *result) error {
	eachCPU := make([]flow, p.cpus)
	for i := range iterations {
		if err := p.cpuFlows.Lookup(&p.cpuSampleKeys[i%samples], &eachCPU); err != nil {
			return err
		}
		for _, flow := range eachCPU {
			result.sum += flow.Packets
		}
	}
	return nil
}

func (p *peer) iterate(iterations int, result *result) error {
	var key flowKey
	var flow flow
	for done := 0; done < iterations; done += entries {
		walk := p.flows.Iterate()
		for walk.Next(&key, &flow) {
			result.sum += flow.Packets + uint64(key.Protocol)
		}
		if err := walk.Err(); err != nil {
			return err
		}
	}
	return nil
}

func (p *peer) batchLookup(iterations int, result *result) error {
	keys, values := make([]flowKey, chunk), make([]flow, chunk)
	for done := 0; done < iterations; done += entries {
		var cursor ebpf.MapBatchCursor
		for {
			count, err := p.flows.BatchLookup(&cursor, keys, values, nil)
			if err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
				return err
			}
			for i := range count {
				result.sum += values[i].Packets + uint64(keys[i].Protocol)
			}
			if err != nil {
				break
			}
		}
	}
	return nil
}

func (p *peer) batchUpdate(iterations int, result *result) error {
	for done := 0; done < iterations; done += chunk {
		first := done % entries
		count, err := p.flows.BatchUpdate(p.keys[first:first+chunk], p.values[first:first+chunk], nil)
		if err != nil {
			return err
		}
		result.sum += uint64(count)
	}
	return nil
}

func (p *peer) load(iterations int, result *result) error {
	for range iterations {
		loaded, err := ebpf.LoadCollection(p.object)
		if err != nil {
			return err
		}
		loaded.Close()
		result.sum++
	}
	return nil
}
