"""Odd texts that people type into the forms of ordinary sites: names, prices, faces, searches, code in a question.

The captures of the corpus have no such texts. Most of what people type is plain words; these were chosen because they
are not, so of them far more are strange than of all that is typed.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote_plus

TEXTS: Final = (
    "O'Neill & Sons", "rock & roll", "50% off (today)", "What's new?", "don't panic", 'He said "hello" and left',
    "C++ or C#?", "i <3 you", "5 > 3", "a/b testing", "e-mail: jane@example.com", "jane.doe@mail.example.co.uk",
    "https://www.example.com/shop/item?id=7&ref=a", '12" pizza', "6' 2\" tall", "size: M; colour: blue",
    "salt, pepper, 1/2 cup sugar", "Tom & Jerry (1940)", "price < 20 and rating > 4", "union jack flag",
    "select a seat from the list", "drop in centre", "order by phone", "where to eat in Rome", "cat food",
    "the id of my order is #4711", "user's guide", "St. John's wort", "Müller & Söhne", "naïve café", "東京タワー",
    "привет мир", ":-) see you!", ";-)", "2+2=4", "x = y", 'name="Jane"', "100€ - 50%", "AC/DC", "$5.99", "US$ 1,000",
    "C:\\Users\\jane", "/var/log is full", "how to use sed and awk", "ls -la does nothing",
    "python print hello world", "java.lang.NullPointerException", "org.example.Widget", "function of the heart",
    "import taxes", "echo chamber", "kill bill vol. 2", "script writing for beginners", "alert me when available",
    '"exact phrase" -exclude', "(a OR b) AND c", "title:(war AND peace)", "price:[10 TO 20]", "2026-11-30T17:04:10Z",
    "10:30-12:00", "+49 (0)30 123456", "lat=52.5&lon=13.4", '{"a":1,"b":[1,2]}',
    "{\"name\":\"Jane O'Neill\",\"text\":\"It's \\\"fine\\\"\"}", "[1,2,3]", "id,name,price", "a|b|c", "foo;bar",
    "key=value;key2=value2", "dGhpcyBpcyBhIHRva2Vu", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def_g",
    "550e8400-e29b-41d4-a716-446655440000", "*.pdf", "~jane", "!important", "@jane thanks!", "#winter #sale",
    "Q&A: can't log in - \"wrong password\"?", "<b>bold</b> text", "{user(id:1){name,email}}",
    "name eq 'Jane' and age gt 30", "sort(price,desc)", "max(temperature)", "if it's broken, fix it!",
    "Hi,\nI'd like to return my order.\nThanks, Jane", "Smith, J. & Jones, K. (2019)", "What is 7*6?",
    "f(x) = x^2 + 1", "cos(0) = 1", "1,5 kg; 3 l", "20% discount!!!", "WTF?!? :(", "*sigh*", "_important_",
    "[link](https://example.com/)", "# Heading", "- first", "- second", "> quoted", "answer", '"To be, or not to be"',
    "rock 'n' roll", "the 90's", "L'Oréal Paris", "D'Angelo", "3' x 5'", '27" monitor', "5'10\"", "A4 (210 x 297 mm)",
    "M&M's", "H&M", "Q&A", "R&D", "Dr. Who & the Daleks", "Who's afraid of Virginia Woolf?", "create a new account",
    "delete my account", "update on my order", "insert coin", "drop me a line, please", "table for two and a chair",
    "like new, never used", "null", "true", "undefined", "None", "order #4711; paid by card",
    "invoice no. 2026/11-0042", "SKU: AB-12/34_X", "jane_doe+news@example.com", "jane@example.com; joe@example.com",
    "Jane Doe <jane@example.com>", "www.example.com/~jane/index.php", "ftp://ftp.example.com/pub", "file.tar.gz",
    "report (final).docx", "../images/logo.png", "C:/Program Files/App", "/home/jane/photos",
    "~/.bashrc does not load", "sudo apt install fails", "npm install && npm start", 'git commit -m "first"',
    "error: undefined is not a function", "TypeError: x.map is not a function",
    "at com.example.App.main(App.java:12)", "SELECT in Excel", "how to join two tables in SQL",
    "if (a < b) return a;", "for i in range(10): print(i)", "var x = 10;", '<div class="box">', "margin: 0 auto;",
    "#header { color: red }", ".btn:hover", "@media (max-width: 600px)", "{{ name }}", "Hello {name}!",
    "Dear ${name}", "50$ or 60$?", "#1 best seller", "@everyone", 'price:>10 brand:"Acme"', "created:>=2026-01-01",
    "tag:red OR tag:blue", "+lamp -shade", "name:jo*", "colou?r", "^start", "end$", "color=red|blue", "size[]=M",
    "a=1&b=2", "00:1A:2B:3C:4D:5E", "192.168.0.1", "2001:db8::1", "N 52°31' E 13°24'", "#ff8800", "rgb(255, 136, 0)",
    "2026-W48", "25/12/2026", "5:30 pm (CET)", "=SUM(A1:A3)", "<3 <3 <3", "¯\\_(ツ)_/¯", "(╯°□°)╯", "o_O", "...",
    "???", "--- cut here ---", "***",
)  # fmt: skip
_FIELDS: Final = "Host: shop.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n"


def typed() -> Iterator[tuple[str, str, str, bytes, bytes]]:
    """Iterate over a request for each text, searches and comments in turn: site, host, name, head and body. Each text
    is a site of its own.
    """
    for number, text in enumerate(TEXTS):
        word = quote_plus(text)
        line, fields, body = f"GET /search?q={word}&page=1 HTTP/1.1", _FIELDS, b""
        if number % 2:
            line, body = "POST /comment HTTP/1.1", f"name=Jane&comment={word}&send=1".encode()
            fields += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        yield text, text, text, f"{line}\r\n{fields}\r\n".encode(), body
