//! The method of a JSON-RPC request or notification (JSON-RPC 2.0 section 4), or of the first one in a batch.

use super::json::{Members, unescaped};

/// Return the method; None if this is no JSON-RPC: it needs both `jsonrpc` and `method`.
pub(super) fn method(members: Members<'_>) -> Option<Vec<u8>> {
    let (mut version, mut method) = (false, None);
    for (name, value) in members {
        match name {
            b"jsonrpc" => version = value.text() == Some(b"2.0"),
            b"method" => method = value.text(),
            _ => {}
        }
    }
    method.filter(|method| version && !method.is_empty()).map(unescaped)
}

#[cfg(test)]
mod tests {
    use super::super::json::members;
    use super::*;

    fn found(text: &str) -> Option<String> {
        method(members(text.as_bytes())).map(|name| String::from_utf8(name).unwrap())
    }

    #[test]
    fn a_call_has_a_version_and_a_method() {
        assert_eq!(found(r#"{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[]}"#).as_deref(), Some("eth_call"));
        assert_eq!(found(r#"{"params":{"method":"no"},"method":"a\/b","jsonrpc":"2.0"}"#).as_deref(), Some("a/b"));
    }

    #[test]
    fn ordinary_json_is_no_call() {
        for text in [
            r#"{"method":"subtract","id":1}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":19}"#,
            r#"{"jsonrpc":2.0,"method":"a"}"#,
            r#"{"jsonrpc":"2.0","method":7}"#,
            r#"{"jsonrpc":"2.0","method":""}"#,
            r#"{"data":{"jsonrpc":"2.0","method":"a"}}"#,
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
