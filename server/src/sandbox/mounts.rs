//! What a command sees, as arguments of bubblewrap: nothing, but for what is named here.

use super::{Command, Lent, SandboxError};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// What programs need of `/etc`; no keys, no passwords.
const ETC: [&str; 12] = [
    "alternatives",
    "group",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "nsswitch.conf",
    "passwd",
    "ssl/certs",
    "ssl/openssl.cnf",
    "mime.types",
];
/// Entries of a copy that are looked at for secrets.
const MAX_ENTRIES: usize = 200_000;
pub(super) const HOME: &str = "/tmp/home";
/// Where lent folders are.
const LENT: &str = "/tmp/lent";

/// The toolchains of this machine, and the variables that lead to them.
#[derive(Debug, Default, Clone)]
pub(super) struct Toolchains {
    /// From where, to where.
    read: Vec<(PathBuf, PathBuf)>,
    links: Vec<(PathBuf, PathBuf)>,
    pub(super) path: Vec<PathBuf>,
    pub(super) env: Vec<(String, PathBuf)>,
}

impl Toolchains {
    /// Only the named parts of each: beside them lie credentials.
    pub(super) fn find(environment: fn(&str) -> Option<String>) -> Self {
        let mut found = Self::default();
        let home = environment("HOME").map(PathBuf::from);
        let place = |name: &str, usual: &str| {
            environment(name).map(PathBuf::from).or_else(|| Some(home.as_ref()?.join(usual)))
        };
        if let Some(cargo) = place("CARGO_HOME", ".cargo") {
            found.add(&cargo, &["bin", "registry"], "bin", "CARGO_HOME");
        }
        if let Some(rustup) = place("RUSTUP_HOME", ".rustup").filter(|home| home.join("toolchains").is_dir())
        {
            found.rustup(&rustup);
        }
        if let Some(pyenv) = place("PYENV_ROOT", ".pyenv") {
            let parts = ["bin", "libexec", "shims", "versions", "version", "pyenv.d"];
            found.add(&pyenv, &parts, "shims", "PYENV_ROOT");
            found.path.extend(Some(pyenv.join("bin")).filter(|dir| dir.is_dir()));
        }
        found.node(&environment("PATH").unwrap_or_default());
        found
    }

    fn add(&mut self, root: &Path, parts: &[&str], bin: &str, variable: &str) {
        let there: Vec<_> = parts.iter().map(|part| root.join(part)).filter(|path| path.exists()).collect();
        if there.is_empty() || !root.is_absolute() {
            return;
        }
        self.read.extend(there.into_iter().map(|path| (path.clone(), path)));
        self.env.push((variable.into(), root.into()));
        self.path.extend((!bin.is_empty()).then(|| root.join(bin)));
    }

    /// Its home can be written, which rustup insists on; the toolchains in it can't.
    fn rustup(&mut self, home: &Path) {
        const HOME: &str = "/tmp/rustup";
        let toolchains = home.join("toolchains");
        self.links.push((toolchains.clone(), Path::new(HOME).join("toolchains")));
        self.read.push((toolchains.clone(), toolchains));
        let settings = home.join("settings.toml");
        self.read.extend(settings.is_file().then(|| (settings, Path::new(HOME).join("settings.toml"))));
        self.env.push(("RUSTUP_HOME".into(), HOME.into()));
    }

    /// Node as its own installer or a version manager puts it, when it is not the system's.
    fn node(&mut self, path: &str) {
        let Some(node) = which("node", path).and_then(|node| node.canonicalize().ok()) else { return };
        let Some(bin) = node.parent().filter(|_| !node.starts_with("/usr")) else { return };
        let modules = bin.with_file_name("lib").join("node_modules");
        let there = [node.clone(), modules].into_iter().filter(|path| path.exists());
        self.read.extend(there.map(|path| (path.clone(), path)));
        for name in ["npm", "npx"] {
            self.links.extend(fs::read_link(bin.join(name)).ok().map(|to| (to, bin.join(name))));
        }
        self.path.push(bin.into());
    }
}

/// A program in a folder of `PATH`; folders relative to wherever the house runs do not count.
pub(super) fn which(name: &str, path: &str) -> Option<PathBuf> {
    path.split(':')
        .map(Path::new)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(name))
        .find(|at| at.is_file())
}

/// The mounts, in order: later ones lie over earlier ones. `empty` lies over what may not be read.
pub(super) fn arguments(
    command: &Command,
    toolchains: &Toolchains,
    empty: &Path,
) -> Result<Vec<OsString>, SandboxError> {
    let mut args = Args::default();
    args.all(["--ro-bind", "/usr", "/usr"]);
    for name in ["/bin", "/sbin", "/lib", "/lib32", "/lib64"] {
        match fs::read_link(name) {
            Ok(to) => args.two("--symlink", &to, Path::new(name)),
            Err(_) => args.two("--ro-bind-try", Path::new(name), Path::new(name)),
        }
    }
    for name in ETC {
        let path = Path::new("/etc").join(name);
        args.two("--ro-bind-try", &path, &path);
    }
    // Where the house runs as root, so does the command, in the kernel's eyes: it could write `/proc/sys`.
    args.all(["--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", HOME]);
    for (from, to) in &toolchains.read {
        args.two("--ro-bind", from, to);
    }
    for (to, at) in &toolchains.links {
        args.two("--symlink", to, at);
    }
    args.two("--bind", &command.dir, &command.dir);
    for lent in &command.lent {
        lend(&mut args, &command.dir, lent)?;
    }
    for path in secret(&command.dir)? {
        if path.is_dir() {
            args.all([OsString::from("--tmpfs"), path.clone().into(), "--remount-ro".into(), path.into()]);
        } else {
            args.two("--ro-bind", empty, &path);
        }
    }
    args.all(["--remount-ro", "/"]);
    Ok(args.0)
}

/// Tools write caches beside packages, and some fail where they can't: the folder itself is the command's own, and what
/// is in it are links to what is lent, read-only, elsewhere. A link in it stays as it is, for it may lead into the copy.
fn lend(args: &mut Args, copy: &Path, lent: &Lent) -> Result<(), SandboxError> {
    let at = copy.join(&lent.at);
    // A link here would put the mount wherever the copy's maker wants it.
    if lent.at.contains('/') || lent.at.starts_with('.') || at.is_symlink() {
        return Err(SandboxError::BadCommand(format!("{} is no place for a lent folder", lent.at)));
    }
    let held = Path::new(LENT).join(&lent.at);
    args.two("--ro-bind", &lent.from, &held);
    args.all([OsString::from("--tmpfs"), at.clone().into()]);
    link(args, &lent.from, &held, &at)
}

fn link(args: &mut Args, from: &Path, held: &Path, at: &Path) -> Result<(), SandboxError> {
    for entry in fs::read_dir(from)? {
        let (entry, path) = entry.map(|entry| (entry.file_name(), entry.path()))?;
        let (held, at) = (held.join(&entry), at.join(&entry));
        if let Ok(to) = fs::read_link(&path) {
            args.two("--symlink", &to, &at);
        } else if entry.as_encoded_bytes().starts_with(b"@") && path.is_dir() {
            args.all([OsString::from("--dir"), at.clone().into()]);
            link(args, &path, &held, &at)?;
        } else {
            args.two("--symlink", &held, &at);
        }
    }
    Ok(())
}

#[derive(Default)]
struct Args(Vec<OsString>);

impl Args {
    fn all<T: Into<OsString>>(&mut self, args: impl IntoIterator<Item = T>) {
        self.0.extend(args.into_iter().map(Into::into));
    }
    fn two(&mut self, option: &str, from: &Path, to: &Path) {
        self.all([option.into(), from.as_os_str().to_owned(), to.as_os_str().to_owned()]);
    }
}

/// What in the copy holds secrets, as files go: keys, `.env`, the credentials of npm and git. A link is not followed.
fn secret(dir: &Path) -> Result<Vec<PathBuf>, SandboxError> {
    let (mut found, mut left, mut seen) = (Vec::new(), vec![dir.to_path_buf()], 0);
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(&dir)? {
            let entry = entry?;
            seen += 1;
            if seen > MAX_ENTRIES {
                return Err(SandboxError::BadCommand(format!(
                    "the project has more than {MAX_ENTRIES} entries"
                )));
            }
            let (kind, name) = (entry.file_type()?, entry.file_name());
            let name = name.to_string_lossy();
            if name == ".git" && !kind.is_symlink() {
                found.push(entry.path());
            } else if kind.is_dir() {
                left.push(entry.path());
            } else if kind.is_file() && is_secret(&name) {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}

fn is_secret(name: &str) -> bool {
    let exact = [
        ".npmrc",
        ".yarnrc.yml",
        ".netrc",
        ".pypirc",
        ".git-credentials",
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
    ];
    let name = name.to_lowercase();
    name.starts_with(".env")
        || name.ends_with(".pem")
        || name.ends_with(".key")
        || exact.contains(&name.as_str())
}
