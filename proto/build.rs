//! Compiles `proto/*.proto` in pure Rust, so that a fresh machine needs no protoc.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=proto");
    let files = protox::compile(["tfplugin6.proto", "plugin.proto"], ["proto"])?;
    // The clients drive the provider from our own tests; unserved RPCs answer UNIMPLEMENTED, which Terraform expects.
    tonic_prost_build::configure().build_client(true).build_transport(false).generate_default_stubs(true).compile_fds(files)?;
    Ok(())
}
