//! The Compose file, as data: what every service must have, and what none may.

use anyhow::{Context as _, Result, ensure};
use serde_yaml::Value;
use vaultterm_tests::build::repository;

fn compose() -> Result<Value> {
    let path = repository().join("deploy/onprem/docker-compose.yml");
    let mut file: Value = serde_yaml::from_str(&std::fs::read_to_string(path)?)?;
    file.apply_merge()?;
    Ok(file)
}

fn services(file: &Value) -> Result<Vec<(String, &Value)>> {
    let services = file["services"].as_mapping().context("services")?;
    services
        .iter()
        .map(|(name, service)| Ok((name.as_str().context("a name")?.to_owned(), service)))
        .collect()
}

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_sequence().into_iter().flatten();
    items
        .filter_map(|item| item.as_str().map(str::to_owned))
        .collect()
}

#[test]
fn three_services_are_confined_watched_and_bounded() -> Result<()> {
    let file = compose()?;
    let services = services(&file)?;
    let names: Vec<&str> = services.iter().map(|(name, _)| name.as_str()).collect();
    ensure!(names == ["app", "db", "cache"], "{names:?}");
    for (name, service) in &services {
        ensure!(
            service["read_only"] == true,
            "{name} can write to its image"
        );
        ensure!(
            texts(&service["cap_drop"]) == ["ALL"],
            "{name} keeps capabilities"
        );
        let options = texts(&service["security_opt"]);
        ensure!(options == ["no-new-privileges:true"], "{name}: {options:?}");
        ensure!(
            service["restart"] == "unless-stopped",
            "{name} stays down after a crash"
        );
        ensure!(
            service["healthcheck"]["test"].is_sequence(),
            "{name} is not watched"
        );
        ensure!(
            service["mem_limit"].is_string(),
            "{name} may take all memory"
        );
        let logging = &service["logging"]["options"];
        ensure!(
            logging["max-size"].is_string() && logging["max-file"].is_string(),
            "{name} fills the disk"
        );
        ensure!(
            service["privileged"].is_null() && service["network_mode"].is_null(),
            "{name}"
        );
    }
    let app = &file["services"]["app"];
    ensure!(
        app["user"] == "10001:10001" && app["cap_add"].is_null(),
        "the app is not root"
    );
    Ok(())
}

#[test]
fn only_the_app_is_published_and_the_admin_plane_on_loopback() -> Result<()> {
    let file = compose()?;
    for (name, service) in services(&file)? {
        let ports = texts(&service["ports"]);
        let networks = texts(&service["networks"]);
        if name == "app" {
            let expected = [
                "${APP_BIND:-127.0.0.1}:${APP_PORT:-4000}:4000",
                "${ADMIN_BIND:-127.0.0.1}:${ADMIN_PUBLISHED_PORT:-4100}:4100",
            ];
            ensure!(ports == expected, "{ports:?}");
        } else {
            ensure!(ports.is_empty(), "{name} is published");
            ensure!(networks == ["backend"], "{name} is on {networks:?}");
        }
    }
    ensure!(
        file["networks"]["backend"]["internal"] == true,
        "the inner network has a way out"
    );
    Ok(())
}

#[test]
fn secrets_are_files_and_data_has_names() -> Result<()> {
    let file = compose()?;
    let secrets = file["secrets"].as_mapping().context("secrets")?;
    for (name, secret) in secrets {
        let path = secret["file"].as_str().unwrap_or_default();
        ensure!(path.ends_with("_FILE:-/dev/null}"), "{name:?}: {path}");
    }
    for (name, service) in services(&file)? {
        for secret in texts(&service["secrets"]) {
            ensure!(
                secrets.contains_key(secret.as_str()),
                "{name} wants {secret}"
            );
        }
    }
    for volume in ["db-data", "cache-data"] {
        let known = file["volumes"]
            .as_mapping()
            .is_some_and(|all| all.contains_key(volume));
        ensure!(known, "{volume}");
    }
    let data = &file["services"]["app"]["volumes"][0];
    ensure!(
        data["type"] == "bind" && data["target"] == "/data",
        "the licence is mounted at /data"
    );
    Ok(())
}

#[test]
fn the_template_names_every_variable_that_the_file_reads() -> Result<()> {
    let text = std::fs::read_to_string(repository().join("deploy/onprem/docker-compose.yml"))?;
    let template = std::fs::read_to_string(repository().join(".env.example"))?;
    for piece in text.split("${").skip(1) {
        let name: String = piece
            .chars()
            .take_while(|c| c.is_ascii_uppercase() || *c == '_')
            .collect();
        let documented = template
            .lines()
            .any(|line| line.starts_with(&format!("{name}=")));
        // Arguments of the Dockerfile.
        let argument = ["BUILD_IMAGE", "CARGO_OPTIONS", "PORTAL_IMAGE"].contains(&name.as_str());
        ensure!(documented || argument, "{name} is not in .env.example");
    }
    Ok(())
}
