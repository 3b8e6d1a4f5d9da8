//! The rows of the benchmark. Each adds up what it has read, or counts what it has done.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;
use aya::maps::{Array, HashMap, Map, MapData, PerCpuHashMap, PerCpuValues};
use aya::util::nr_cpus;
use aya::{EbpfLoader, programs::CgroupSkb};

use crate::flow::{CPU_ENTRIES, ENTRIES, Flow, FlowKey, SAMPLES, TOTALS, samples};
use crate::ring;

/// When the measured part began and ended, and the sum, which keeps it honest.
pub struct Measured {
    pub started: Instant,
    pub ended: Instant,
    pub sum: u64,
}

type Row = (&'static str, fn(&mut Peer, u32) -> Result<Measured>);

/// aya has no batches.
pub const ROWS: &[Row] = &[
    ("fill", |peer, _| timed(|| peer.fill())),
    ("lookup", |peer, n| timed(|| peer.lookup(n))),
    ("update", |peer, n| timed(|| peer.update(n))),
    ("delete", |peer, n| {
        peer.fill_doomed(n)?;
        timed(|| peer.delete(n))
    }),
    ("array-lookup", |peer, n| timed(|| peer.array_lookup(n))),
    ("per-cpu-lookup", |peer, n| timed(|| peer.per_cpu_lookup(n))),
    ("iterate", |peer, n| timed(|| peer.iterate(n))),
    ("load", |peer, n| timed(|| peer.load(n))),
    ("ring-16", |peer, n| ring::drain(&peer.ring, n)),
    ("ring-64", |peer, n| ring::drain(&peer.ring, n)),
    ("ring-512", |peer, n| ring::drain(&peer.ring, n)),
];

pub struct Peer {
    object: String,
    flows: HashMap<MapData, FlowKey, Flow>,
    doomed: HashMap<MapData, FlowKey, Flow>,
    cpu_flows: PerCpuHashMap<MapData, FlowKey, Flow>,
    totals: Array<MapData, u64>,
    /// Opened anew for each measurement.
    ring: PathBuf,
    keys: Vec<FlowKey>,
    values: Vec<Flow>,
    sample_keys: Vec<FlowKey>,
    sample_values: Vec<Flow>,
    cpu_sample_keys: Vec<FlowKey>,
    /// Reused: a new one parses the kernel's BTF.
    loader: EbpfLoader<'static>,
}

impl Peer {
    pub fn open(pins: &str, object: &str) -> Result<Self> {
        let pin = |name| MapData::from_pin(Path::new(pins).join(name));
        let keys: Vec<_> = (0..ENTRIES).map(FlowKey::new).collect();
        let values: Vec<_> = (0..ENTRIES).map(Flow::new).collect();
        Ok(Self {
            object: object.to_owned(),
            flows: HashMap::try_from(Map::HashMap(pin("flows")?))?,
            doomed: HashMap::try_from(Map::HashMap(pin("doomed")?))?,
            cpu_flows: PerCpuHashMap::try_from(Map::PerCpuHashMap(pin("cpu_flows")?))?,
            totals: Array::try_from(Map::Array(pin("totals")?))?,
            ring: Path::new(pins).join("ring"),
            sample_keys: samples(&keys, ENTRIES as usize),
            sample_values: samples(&values, ENTRIES as usize),
            cpu_sample_keys: samples(&keys, CPU_ENTRIES as usize),
            keys,
            values,
            loader: EbpfLoader::new(),
        })
    }

    pub fn live(&self) -> Result<String> {
        ring::live(&self.ring)
    }

    fn fill(&mut self) -> Result<u64> {
        for (key, value) in self.keys.iter().zip(&self.values) {
            self.flows.insert(key, value, 0)?;
        }
        let cpus = nr_cpus().map_err(|(_, error)| error)?;
        for number in 0..CPU_ENTRIES as usize {
            let each_cpu = PerCpuValues::try_from(vec![self.values[number]; cpus])?;
            self.cpu_flows.insert(self.keys[number], each_cpu, 0)?;
        }
        for index in 0..TOTALS {
            self.totals.set(index, u64::from(index) + 1, 0)?;
        }
        Ok(0)
    }

    fn lookup(&mut self, iterations: u32) -> Result<u64> {
        let mut sum = 0;
        for i in 0..iterations as usize {
            let key = &self.sample_keys[i % SAMPLES];
            sum += self.flows.get(key, 0)?.packets;
        }
        Ok(sum)
    }

    fn update(&mut self, iterations: u32) -> Result<u64> {
        let mut sum = 0;
        for i in 0..iterations as usize {
            let (key, value) = (
                &self.sample_keys[i % SAMPLES],
                &self.sample_values[i % SAMPLES],
            );
            self.flows.insert(key, value, 0)?;
            sum += 1;
        }
        Ok(sum)
    }

    fn fill_doomed(&mut self, iterations: u32) -> Result<()> {
        let samples = self.sample_keys.iter().zip(&self.sample_values);
        for (key, value) in samples.take(iterations as usize) {
            self.doomed.insert(key, value, 0)?;
        }
        Ok(())
    }

    fn delete(&mut self, iterations: u32) -> Result<u64> {
        let mut sum = 0;
        for key in self.sample_keys.iter().take(iterations as usize) {
            self.doomed.remove(key)?;
            sum += 1;
        }
        Ok(sum)
    }

    fn array_lookup(&mut self, iterations: u32) -> Result<u64> {
        let mut sum = 0;
        for i in 0..iterations {
            sum += self.totals.get(&(i % TOTALS), 0)?;
        }
        Ok(sum)
    }

    fn per_cpu_lookup(&mut self, iterations: u32) -> Result<u64> {
        let mut sum = 0;
        for i in 0..iterations as usize {
            let key = &self.cpu_sample_keys[i % SAMPLES];
            let each_cpu = self.cpu_flows.get(key, 0)?;
            sum += each_cpu.iter().map(|flow| flow.packets).sum::<u64>();
        }
        Ok(sum)
    }

    fn iterate(&mut self, iterations: u32) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..iterations / ENTRIES {
            for entry in &self.flows {
                let (key, flow) = entry?;
                sum += flow.packets + u64::from(key.protocol);
            }
        }
        Ok(sum)
    }

    fn load(&mut self, iterations: u32) -> Result<u64> {
        let mut sum = 0;
        for _ in 0..iterations {
            let mut object = self.loader.load_file(&self.object)?;
            for (_, program) in object.programs_mut() {
                let program: &mut CgroupSkb = program.try_into()?;
                program.load()?;
            }
            sum += 1;
        }
        Ok(sum)
    }
}

fn timed(row: impl FnOnce() -> Result<u64>) -> Result<Measured> {
    let started = Instant::now();
    let sum = row()?;
    let ended = Instant::now();
    Ok(Measured {
        started,
        ended,
        sum,
    })
}
