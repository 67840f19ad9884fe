//! scim2-tester, which knows the standards and not us.

use std::path::Path;
use std::process::Command;

use super::{provider, server};

/// A command's output; it has to end well.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
    out
}

#[tokio::test]
async fn the_compliance_suite_of_scim2_tester_finds_nothing() {
    let server = server().await;
    let ada = server.owner().await;
    let token = ada.token_secret(&["scim"]).await;
    // It lives: what is told apart by ids and states is told apart on a wire, too.
    drop(provider(&server, &ada, &["scim"]).await);
    let address = server.listen().await;
    let checked = tokio::task::spawn_blocking(move || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let fetch = root.join("deploy/host/scim2-tester");
        let library = run(&mut Command::new(fetch));
        run(Command::new("python3")
            .arg(root.join("tests/scim/compliance.py"))
            .arg(format!("http://{address}/scim/v2"))
            .env("PYTHONPATH", library.trim())
            .env("SCIM_TOKEN", token))
    });
    let said = checked.await.unwrap();
    assert!(said.contains(" 0 not good"), "{said}");
}
