//! Hotkeys in files that Bittensor's tools can read, and session keys.

use crate::cli::{Global, KeyCommand};
use crate::limits::KEY_NAME_BYTES_MAX;
use crate::output::{Failure, Output, table};
use agon_types::key::SigningKey as _;
use agon_types::{Hotkey, HotkeyPair, SessionPair, Signature};
use serde::{Deserialize, Serialize};
use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// A plain keyfile; other tools add fields that we do not need.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Keyfile {
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<String>,
    public_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key: Option<String>,
    secret_seed: Option<String>,
    ss58_address: Option<String>,
}

pub fn run(global: &Global, command: KeyCommand, output: Output) -> Result<(), Failure> {
    let folder = global.data_dir.join("keys");
    match command {
        KeyCommand::New { name } => {
            let pair = create(&named(&folder, &name)?)?;
            show(&name, pair.hotkey(), output);
        }
        KeyCommand::Show { name } => show(&name, read(&locate(global, &name))?.hotkey(), output),
        KeyCommand::List => list(&folder, output)?,
        KeyCommand::Import { name, file } => {
            let seed = import(&file)?;
            write(&named(&folder, &name)?, &seed)?;
            show(&name, HotkeyPair::from_seed(&seed).hotkey(), output);
        }
        KeyCommand::Sign { file } => {
            let signature = read(&locate(global, &global.key))?.sign(&content(&file)?);
            output.result(&serde_json::json!({ "signature": signature }), || signature.to_string());
        }
        KeyCommand::Verify { address, signature, file } => {
            let hotkey: Hotkey = address.parse().map_err(Failure::refused)?;
            let signature: Signature =
                signature.trim_start_matches("0x").parse().map_err(Failure::refused)?;
            hotkey.verify(&content(&file)?, &signature).map_err(Failure::refused)?;
            output.result(&serde_json::json!({ "valid": true }), || "the signature is valid".to_owned());
        }
    }
    Ok(())
}

fn show(name: &str, hotkey: Hotkey, output: Output) {
    output.result(&serde_json::json!({ "name": name, "hotkey": hotkey }), || format!("{name}  {hotkey}"));
}

fn list(folder: &Path, output: Output) -> Result<(), Failure> {
    let mut keys = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_draft = name.starts_with('.');
        if let Some(pair) = read(&entry.path()).ok().filter(|_| !is_draft) {
            keys.push((name, pair.hotkey().to_string()));
        }
    }
    keys.sort();
    let documents: Vec<_> =
        keys.iter().map(|(name, key)| serde_json::json!({ "name": name, "hotkey": key })).collect();
    let rows: Vec<_> = keys.iter().map(|(name, key)| vec![name.clone(), key.clone()]).collect();
    output.result(&serde_json::json!({ "items": documents }), || match rows.is_empty() {
        true => format!("no keys in {}: make one with `agon key new`", folder.display()),
        false => table(&["name", "hotkey"], &rows),
    });
    Ok(())
}

fn content(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::refused(format!("cannot read {}: {error}", file.display())))?;
    Ok(bytes)
}

/// A new name in the folder of keys.
fn named(folder: &Path, name: &str) -> Result<PathBuf, Failure> {
    if !is_name(name) {
        return Err(Failure::refused(format!("{name:?} is no name for a key: use letters, digits, - and _")));
    }
    Ok(folder.join(name))
}

fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.len() <= KEY_NAME_BYTES_MAX && name.chars().all(allowed)
}

/// A key by its name in the data directory, or by its file.
pub fn locate(global: &Global, key: &str) -> PathBuf {
    let in_folder = global.data_dir.join("keys").join(key);
    if in_folder.exists() || !Path::new(key).exists() { in_folder } else { key.into() }
}

/// Reads a plain keyfile that only its owner can read.
pub fn read(path: &Path) -> Result<HotkeyPair, Failure> {
    let show = path.display();
    let data = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Failure::Refused(format!("there is no key at {show}: {}", remedy(path)))
        }
        _ => Failure::refused(format!("cannot read {show}: {error}")),
    })?;
    if data.permissions().mode() & 0o077 != 0 {
        return Err(Failure::refused(format!("{show} can be read by others: run `chmod 600 {show}`")));
    }
    Ok(HotkeyPair::from_seed(&import(path)?))
}

/// How to get a key that is not there.
fn remedy(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let name = if is_name(&name) { &*name } else { "NAME" };
    format!("make one with `agon key new {name}`, or name another with --key")
}

fn import(path: &Path) -> Result<[u8; 32], Failure> {
    let show = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::refused(format!("cannot read {show}: {error}")))?;
    if text.starts_with("$NACL") || text.starts_with("$ANSIBLE_VAULT") || text.starts_with("gAAAAA") {
        return Err(Failure::refused(format!("{show} is encrypted: decrypt it with the tool that made it")));
    }
    let keyfile: Option<Keyfile> = serde_json::from_str(&text).ok();
    let seed = match &keyfile {
        Some(keyfile) => keyfile.secret_seed.clone().ok_or_else(|| {
            Failure::refused(format!("{show} has no secretSeed: export the seed of this key and import that"))
        })?,
        None => text.trim().to_owned(),
    };
    let mut bytes = [0; 32];
    hex::decode_to_slice(seed.trim_start_matches("0x"), &mut bytes).map_err(|_| {
        Failure::refused(format!("{show} is neither a keyfile nor a seed of 64 hexadecimal characters"))
    })?;
    let stated = keyfile.and_then(|keyfile| keyfile.ss58_address);
    let address = HotkeyPair::from_seed(&bytes).hotkey().to_string();
    match stated {
        Some(stated) if stated != address => Err(Failure::refused(format!(
            "{show} says {stated}, and its seed is of {address}: do not use it"
        ))),
        _ => Ok(bytes),
    }
}

/// Makes a new hotkey in a file; never over another one.
pub fn create(path: &Path) -> Result<HotkeyPair, Failure> {
    let mut seed = [0; 32];
    random(&mut seed);
    write(path, &seed)?;
    Ok(HotkeyPair::from_seed(&seed))
}

/// The key of a file, made if there is none.
pub fn read_or_create(path: &Path) -> Result<HotkeyPair, Failure> {
    if path.exists() { read(path) } else { create(path) }
}

fn write(path: &Path, seed: &[u8; 32]) -> Result<(), Failure> {
    let pair = HotkeyPair::from_seed(seed);
    let public = format!("0x{}", hex::encode(pair.hotkey().0));
    let keyfile = Keyfile {
        account_id: Some(public.clone()),
        public_key: Some(public),
        private_key: Some(format!("0x{}", hex::encode(*pair.secret_bytes()))),
        secret_seed: Some(format!("0x{}", hex::encode(seed))),
        ss58_address: Some(pair.hotkey().to_string()),
    };
    write_secret(path, serde_json::to_string(&keyfile).expect("a keyfile has string keys").as_bytes())
}

/// The session key of a file, made if there is none.
pub fn session(path: &Path) -> Result<SessionPair, Failure> {
    let mut seed = [0; 32];
    if path.exists() {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::refused(format!("cannot read {}: {error}", path.display())))?;
        hex::decode_to_slice(text.trim(), &mut seed)
            .map_err(|_| Failure::refused(format!("{} is not a session key", path.display())))?;
    } else {
        random(&mut seed);
        write_secret(path, hex::encode(seed).as_bytes())?;
    }
    Ok(SessionPair::from_seed(&seed))
}

fn write_secret(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let problem =
        |error: std::io::Error| Failure::refused(format!("cannot write {}: {error}", path.display()));
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(problem)?;
    // Written whole beside its place and then named, so that a crash leaves no half of a key. The draft is hidden, and
    // nobody else's: whatever becomes of it, it is no key.
    let mut unique = [0; 8];
    random(&mut unique);
    let draft = path.with_file_name(format!(".{}.draft", hex::encode(unique)));
    let drafted = draft_secret(&draft, content).map_err(problem);
    let named = drafted.and_then(|()| {
        std::fs::hard_link(&draft, path).map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Failure::refused(format!("there is a key at {} already: choose another name", path.display()))
            }
            _ => problem(error),
        })
    });
    let removed = std::fs::remove_file(&draft);
    // Why there is no key says more than that its draft could not be made either.
    named.and_then(|()| removed.map_err(problem))
}

fn draft_secret(draft: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Randomness of the operating system.
pub fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives randomness");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names and the contents of a folder.
    fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
        let read = |entry: std::fs::DirEntry| {
            (entry.file_name().to_string_lossy().into_owned(), std::fs::read(entry.path()).unwrap())
        };
        let mut files: Vec<_> = entries.map(read).collect();
        files.sort();
        files
    }

    #[test]
    fn a_refused_key_new_leaves_the_folder_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("me");
        create(&path).unwrap();
        let before = files(folder.path());
        assert_eq!(before.len(), 1, "{before:?}");
        for refused in [create(&path).map(drop), write(&path, &[7; 32])] {
            assert!(
                matches!(refused, Err(Failure::Refused(problem)) if problem.contains("choose another name"))
            );
            assert_eq!(files(folder.path()), before);
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(create(&path).is_err());
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "only what stood there: {left:?}");
    }

    #[test]
    fn keys_whose_names_begin_alike_do_not_meet() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let hotkey = create(&path("validator-1")).unwrap();
        session(&path("validator-1.session")).unwrap();
        assert_eq!(read(&path("validator-1")).unwrap().hotkey(), hotkey.hotkey());
        assert_eq!(
            session(&path("validator-1.session")).unwrap().session(),
            session(&path("validator-1.session")).unwrap().session()
        );
        assert_eq!(files(folder.path()).len(), 2);
    }
}
