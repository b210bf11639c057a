//! Each layer counts more than the one before, says so, and can be blamed.

use super::*;

struct Desk {
    dir: tempfile::TempDir,
    environment: BTreeMap<String, String>,
    flags: BTreeMap<String, Value>,
}

impl Desk {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), environment: BTreeMap::new(), flags: BTreeMap::new() }
    }
    fn file(&self, text: &str) -> PathBuf {
        let path = self.dir.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        path
    }
    fn project(&self, text: &str) -> PathBuf {
        let folder = self.dir.path().join("project");
        std::fs::create_dir_all(folder.join(".tidemark")).unwrap();
        std::fs::write(folder.join(".tidemark/config.toml"), text).unwrap();
        folder
    }
    fn load(&self, file: &Path, project: Option<&Path>) -> Result<Loaded, ConfigError> {
        let environment = |name: &str| self.environment.get(name).cloned();
        load(Some(file), project, self.flags.clone(), &environment, self.environment.keys().cloned())
    }
}

#[test]
fn each_layer_counts_more_than_the_one_before() {
    let mut desk = Desk::new();
    let file = desk.file("[limits.agent]\nmax_steps = 50\nmax_seconds = 900\nmax_repeats = 4\n");
    let project = desk.project("[limits.agent]\nmax_seconds = 800\nmax_repeats = 3\n");
    desk.environment.insert("TIDEMARK_LIMITS_AGENT_MAX_REPEATS".into(), "2".into());
    let loaded = desk.load(&file, Some(&project)).unwrap();
    let agent = &loaded.config.limits.agent;
    assert_eq!((agent.max_steps, agent.max_seconds, agent.max_repeats), (50, 800, 2));
    assert!(matches!(loaded.explain("limits.agent.max_steps").unwrap().layer, Layer::File(_)));
    assert!(matches!(loaded.explain("limits.agent.max_seconds").unwrap().layer, Layer::Project(_)));
    assert!(matches!(loaded.explain("limits.agent.max_repeats").unwrap().layer, Layer::Environment(_)));
    assert_eq!(loaded.explain("limits.agent.max_tokens").unwrap().layer, Layer::Defaults);
    desk.flags.insert("limits.agent.max_repeats".into(), Value::Integer(1));
    let loaded = desk.load(&file, Some(&project)).unwrap();
    assert_eq!(loaded.config.limits.agent.max_repeats, 1);
    assert_eq!(loaded.explain("limits.agent.max_repeats").unwrap().layer, Layer::Flag);
}

#[test]
fn an_unknown_key_warns_with_a_suggestion_and_the_rest_counts() {
    let mut desk = Desk::new();
    let file = desk.file("[server]\ndata_dirr = \"/x\"\nlisten = \"127.0.0.1:4000\"\n");
    desk.environment.insert("TIDEMARK_DATADIR".into(), "/y".into());
    let loaded = desk.load(&file, None).unwrap();
    assert_eq!(loaded.config.server.listen.port(), 4000);
    assert!(
        loaded.warnings.iter().any(|w| w.contains("did you mean server.data_dir?")),
        "{:?}",
        loaded.warnings
    );
    assert!(
        loaded.warnings.iter().any(|w| w.contains("did you mean TIDEMARK_DATA_DIR?")),
        "{:?}",
        loaded.warnings
    );
}

#[test]
fn a_project_may_name_a_model_and_lower_limits_and_nothing_else() {
    let desk = Desk::new();
    let file = desk.file("");
    let project = desk.project(
        "[models]\ndefault = \"demo/guide\"\nopenai_base_url = \"http://evil\"\n[limits.agent]\nmax_steps = 100000\n",
    );
    let loaded = desk.load(&file, Some(&project)).unwrap();
    assert_eq!(loaded.config.models.default.as_ref().unwrap().to_string(), "demo/guide");
    assert_eq!(loaded.config.models.openai_base_url, None);
    assert_eq!(loaded.config.limits, Config::default().limits);
    assert_eq!(loaded.warnings.len(), 2, "{:?}", loaded.warnings);
}

#[test]
fn a_value_of_the_wrong_kind_is_blamed_on_its_layer() {
    let mut desk = Desk::new();
    let file = desk.file("[limits.agent]\nmax_steps = \"many\"\n");
    let why = desk.load(&file, None).unwrap_err().to_string();
    assert!(why.contains("limits.agent.max_steps") && why.contains("config.toml"), "{why}");
    let file = desk.file("");
    desk.environment.insert("TIDEMARK_LISTEN".into(), "everywhere".into());
    let why = desk.load(&file, None).unwrap_err().to_string();
    assert!(why.contains("TIDEMARK_LISTEN"), "{why}");
}

#[test]
fn broken_toml_says_where() {
    let desk = Desk::new();
    let why = desk.load(&desk.file("[server\n"), None).unwrap_err().to_string();
    assert!(why.contains("line 1"), "{why}");
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let desk = Desk::new();
    assert!(matches!(desk.load(Path::new("/nonexistent/x.toml"), None), Err(ConfigError::Unreadable { .. })));
}

#[test]
fn keys_come_from_the_environment_and_are_never_shown() {
    let mut desk = Desk::new();
    let file = desk.file("[[provider]]\nid = \"box\"\nbase_url = \"http://box:1\"\nkey_env = \"BOX_KEY\"\n");
    desk.environment.insert("BOX_KEY".into(), "sesame-1".into());
    desk.environment.insert("OPENAI_API_KEY".into(), "sesame-2".into());
    let loaded = desk.load(&file, None).unwrap();
    let providers = loaded.config.providers(&loaded.secrets);
    assert!(providers.openai_key.is_some() && providers.extra[0].key.is_some());
    assert!(!format!("{loaded:?}").contains("sesame"));
}

#[test]
fn explain_guesses_what_was_meant() {
    let desk = Desk::new();
    let loaded = desk.load(&desk.file(""), None).unwrap();
    assert!(
        loaded
            .explain("limits.agent.max_stepz")
            .unwrap_err()
            .contains("did you mean limits.agent.max_steps?")
    );
    assert!(loaded.explain("server").unwrap_err().contains("is a table"));
}

#[test]
fn the_address_of_redis_is_shown_without_its_password() {
    let mut desk = Desk::new();
    let file = desk.file("[queue]\nbackend = \"redis\"\nredis_wait_seconds = 3\n");
    desk.environment.insert("REDIS_URL".into(), "redis://ann:s3cret@redis.local/1".into());
    let loaded = desk.load(&file, None).unwrap();
    let explained = loaded.explain("queue.redis_url").unwrap();
    assert_eq!(explained.value, Some(Value::String("redis://…@redis.local/1".into())));
    assert!(!format!("{:?}", loaded.config).contains("s3cret"));
    let options = loaded.config.queue.redis().unwrap();
    assert_eq!((options.wait.as_secs(), options.prefix.as_str()), (3, "{tidemark}"));
    let loaded = desk.load(&desk.file(""), None).unwrap();
    assert!(loaded.config.queue.redis().is_none(), "the address alone may be another program's");
}
