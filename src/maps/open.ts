// Opening maps in their classes, for those that the table of classes itself stands on: `MapBase` cannot import what extends it.

import type { Binding } from '../native.ts'
import type { BytesMap } from './bytes-map.ts'
import { kernelTypes } from './kernel-types.ts'
import type { MapBase } from './map-base.ts'
import { RawMap } from './raw/raw-map.ts'
import type { MapTypes } from './types.ts'

/** What table.ts knows. */
export interface MapClasses {
  open(raw: RawMap, types: MapTypes): MapBase
  asBytes(raw: RawMap): BytesMap
}

let classes: MapClasses

/** Called by table.ts, once. */
export function setMapClasses(all: MapClasses): void {
  classes = all
}

/** A map of the addon in the class of its type; with the types that the kernel knows of it, if no others are given. */
export function openMapData(data: Binding.MapData, types?: MapTypes): MapBase {
  const raw = new RawMap(data)
  return classes.open(raw, types ?? kernelTypes(raw))
}

/** A map as bytes. */
export function openAsBytes(raw: RawMap): BytesMap {
  return classes.asBytes(raw)
}
