//! Types as kernels after 7.1 write them.

use super::*;

/// Raw BTF of one name, `s`, with these types and this layout.
fn btf(types: &[u32], layout: &[u8]) -> Vec<u8> {
    let length = u32::try_from(types.len() * 4).unwrap();
    let layout_length = u32::try_from(layout.len()).unwrap();
    let header = [
        0x0001_eb9f,
        32,
        0,
        length,
        length,
        3,
        length + 3,
        layout_length,
    ];
    let words = header.into_iter().chain(types.iter().copied());
    let mut data: Vec<u8> = words.flat_map(u32::to_ne_bytes).collect();
    data.extend(b"\0s\0");
    data.extend(layout);
    data
}

#[test]
fn counts_have_24_bits() {
    const COUNT: u32 = 70_000;
    let mut types = vec![1, kind::ENUM << 24 | COUNT, 4];
    types.extend((0..COUNT).flat_map(|value| [1, value]));
    types.extend([1, kind::FWD << 24, 0]);
    let data = btf(&types, &[]);
    let btf = Btf::parse(&data).unwrap();
    assert_eq!(btf.ids().count(), 2);
    let last = btf.value(btf.get(1).unwrap(), COUNT - 1);
    assert_eq!(last, Some((1, u64::from(COUNT - 1))));
}

#[test]
fn kinds_of_the_future_are_passed_over_where_their_layout_is_told() {
    const NEW: u32 = 70;
    // Four bytes behind the head, and two times eight.
    let types = [1, NEW << 24 | 2, 0, 7, 1, 2, 3, 4, 1, kind::FWD << 24, 0];
    let mut layout = vec![0; NEW as usize * 4];
    layout.extend([4, 8, 0, 0]);
    let data = btf(&types, &layout);
    let kinds = |data| -> Option<Vec<u32>> {
        let btf = Btf::parse(data)?;
        Some(btf.ids().map(|id| btf.get(id).unwrap().kind).collect())
    };
    assert_eq!(kinds(&data), Some(vec![NEW, kind::FWD]));
    assert_eq!(kinds(&btf(&types, &[])), None);
}
