//! What describes requests, seen from outside.

use super::*;

const HEAD: &str = "Host: shop.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n";

fn of_line(line: &str, more: &str, body: &[u8]) -> Vector {
    of(format!("{line} HTTP/1.1\r\n{HEAD}{more}\r\n").as_bytes(), body).unwrap()
}

fn value(vector: &Vector, name: &str) -> u8 {
    vector.bytes()[NAMES.iter().position(|known| *known == name).unwrap()]
}

fn raised(vector: &Vector) -> Vec<&'static str> {
    let usual = of_line("GET /a?b=c", "", b"");
    let pairs = NAMES.iter().zip(usual.bytes().iter().zip(vector.bytes()));
    pairs.filter(|(_, (usual, found))| found > usual).map(|(name, _)| *name).collect()
}

#[test]
fn there_is_a_byte_for_each_name() {
    let mut names = NAMES.to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), COUNT);
    let text = of_line("GET /", "", b"").hex();
    assert_eq!(text.len(), 2 * COUNT);
    assert!(of(b"", b"x").is_none());
}

#[test]
fn numbers_in_paths_do_not_change_their_form() {
    let (one, other) = (of_line("GET /items/4711", "", b""), of_line("GET /items/3", "", b""));
    assert_eq!(value(&one, "path_form"), value(&other, "path_form"));
    assert_ne!(value(&one, "path_form"), value(&of_line("GET /items/x", "", b""), "path_form"));
}

#[test]
fn the_order_of_parameters_does_not_matter_but_that_of_fields_does() {
    let (one, other) = (of_line("GET /?a=1&b=2", "", b""), of_line("GET /?b=2&a=1", "", b""));
    assert_eq!(value(&one, "parameter_names"), value(&other, "parameter_names"));
    let reversed = of(b"GET / HTTP/1.1\r\nAccept: */*\r\nHost: a\r\n\r\n", b"").unwrap();
    let usual = of(b"GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n", b"").unwrap();
    assert_eq!(value(&usual, "header_set"), value(&reversed, "header_set"));
    assert_ne!(value(&usual, "header_order"), value(&reversed, "header_order"));
}

#[test]
fn an_attack_is_seen_wherever_it_is() {
    let attack = "%27%20or%20%271%27=%271";
    let json = br#"{"name": "1' or '1'='1"}"#;
    let xml = b"<?xml version=\"1.0\"?><a><b x=\"1' or '1'='1\"/></a>";
    for (line, more, body, feature) in [
        (format!("GET /a?b={attack}"), "", b"".as_slice(), "broken_quotes"),
        (format!("GET /{attack}"), "", b"", "path_markup"),
        ("POST /a".into(), "Content-Type: application/x-www-form-urlencoded\r\n", b"b=1' or '1'='1", "broken_quotes"),
        ("POST /a".into(), "Content-Type: application/json\r\n", json, "broken_quotes"),
        ("POST /a".into(), "Content-Type: text/xml\r\n", xml, "broken_quotes"),
        ("GET /a".into(), "Cookie: b=1' or '1'='1\r\n", b"", "field_comparisons"),
        ("GET /a".into(), "Referer: 1' or '1'='1\r\n", b"", "field_comparisons"),
    ] {
        assert!(raised(&of_line(&line, more, body)).contains(&feature), "{line} {more}");
    }
}

#[test]
fn hostile_bytes_are_only_read() {
    for line in ["GET", " ", "GET  ", "\u{0}", "GET /%", "GET /%u", "GET ?&=&=", "GET http://"] {
        of(format!("{line}\r\n:\r\nx\r\n: \r\n").as_bytes(), b"--\r\n\"\r\n<\"").unwrap();
    }
    let long = vec![b'%'; 100_000];
    assert!(of(&long, &long).is_some());
}
