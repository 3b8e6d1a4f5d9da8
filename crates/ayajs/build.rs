//! Passes what napi-rs needs to the linker.

fn main() {
    napi_build::setup();
}
