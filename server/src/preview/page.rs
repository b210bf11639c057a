//! The index page of a preview's origin: the scripts of the bundler's own page, behind a few lines of ours.
//!
//! Ours turn the bundler's telemetry off and send what it would ask of public package hosts to this origin instead.
//! They only touch `fetch` and only those hosts; the page's policy (`connect-src 'self'`) is the guarantee.

/// The hosts that the bundler asks for packages, as written in its code.
pub(super) const PACKAGE_HOSTS: &[&str] = &[
    "prod-packager-packages.codesandbox.io",
    "aiwi8rnkp5.execute-api.eu-west-1.amazonaws.com",
    "data.jsdelivr.com",
    "cdn.jsdelivr.net",
    "unpkg.com",
];

const SHIM: &str = r#"window._env_ = { IS_ONPREM: "true" };
(function () {
  var hosts = HOSTS, ask = window.fetch;
  window.fetch = function (what, how) {
    var address = typeof what === "string" ? what : what instanceof URL ? what.href : what.url;
    var found = /^https:\/\/([^\/]+)\/(.*)$/.exec(address);
    if (!found || hosts.indexOf(found[1]) < 0) return ask.call(window, what, how);
    var here = "/-/cdn/" + found[1] + "/" + found[2];
    return ask.call(window, what instanceof Request ? new Request(here, what) : here, how);
  };
})();"#;

/// Our page with the `<script>` elements of the bundler's `index.html`, in their order.
pub(super) fn index(bundler_page: &str) -> String {
    let hosts = serde_json::to_string(PACKAGE_HOSTS).expect("a list of texts is JSON");
    let shim = SHIM.replace("HOSTS", &hosts);
    let (first, rest) = {
        let mut scripts = scripts(bundler_page);
        let head = scripts.iter().take_while(|script| !script.contains("/static/js/")).count();
        let rest = scripts.split_off(head);
        (scripts.concat(), rest.concat())
    };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>Preview</title>\
         <link rel=\"icon\" href=\"data:,\"><script>{shim}</script>{first}</head>\
         <body><div id=\"csb-loading-screen\"></div>{rest}</body></html>"
    )
}

fn scripts(page: &str) -> Vec<&str> {
    const END: &str = "</script>";
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find("<script") {
        let Some(end) = rest[at..].find(END) else { break };
        found.push(&rest[at..at + end + END.len()]);
        rest = &rest[at + end + END.len()..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_runs_first_and_theirs_keep_their_order() {
        let page = index(concat!(
            "<html><head><link rel=manifest><script src=\"/static/browserfs12/b.js\"></script><script>x=1</script></head>",
            "<body><script src=\"/static/js/a.js\"></script><script src=\"/static/js/b.js\"></script></body></html>"
        ));
        let order: Vec<_> = ["IS_ONPREM", "/static/browserfs12/b.js", "x=1", "</head>", "js/a.js", "js/b.js"]
            .iter()
            .map(|part| page.find(part).unwrap_or_else(|| panic!("{part} is missing in {page}")))
            .collect();
        assert!(order.is_sorted(), "{order:?}");
        assert!(!page.contains("manifest"));
    }
}
