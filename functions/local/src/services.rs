//! The services to publish: those of a folder, or those built in.

use anyhow::Context;
use gp_core::{Catalog, LayerPlace, Service, read_service};
use std::fs;
use std::path::Path;

/// Reads every service; one bad file is enough to refuse to start.
pub(crate) fn catalog(folder: Option<&Path>) -> anyhow::Result<Catalog> {
    let services: Vec<Service> = match folder {
        None => gp_tools::built_in_services()?,
        Some(folder) => read_folder(folder)?,
    };
    let mut names: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        anyhow::bail!("the service {} is defined by two files; rename one", twice[0]);
    }
    Ok(Catalog::new(services))
}

fn read_folder(folder: &Path) -> anyhow::Result<Vec<Service>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("read the services folder {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    if files.is_empty() {
        anyhow::bail!("the services folder {} has no *.toml file", folder.display());
    }
    files
        .iter()
        .map(|file| {
            let text = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
            let mut service = read(&file.display().to_string(), &text)?;
            // Files of layers are named from the folder of their service file.
            for layer in &mut service.layers {
                if let LayerPlace::File(path) = &mut layer.place {
                    *path = std::path::absolute(folder.join(&*path))?;
                }
            }
            Ok(service)
        })
        .collect()
}

fn read(file: &str, text: &str) -> anyhow::Result<Service> {
    Ok(read_service(file, text, gp_tools::TOOLS)?)
}
