//! Words that languages reserve, and commands of shells: what a value rarely consists of unless it is to be run. They are
//! the vocabulary of languages, not the texts of known attacks.

/// Bits of a filter, so that few words are compared with the list.
const BITS: u32 = 2048;

type Filter = [u64; (BITS / 64) as usize];

/// A sorted list of words in lower case.
pub(crate) struct Words {
    list: &'static [&'static [u8]],
    filter: Filter,
}

/// The filter of all lists.
#[allow(clippy::indexing_slicing)] // by the compiler, which refuses what is out of bounds
static KNOWN: Filter = {
    let (mut all, mut place) = ([0; (BITS / 64) as usize], 0);
    while place < all.len() {
        all[place] = RESERVED.filter[place]
            | COMMANDS.filter[place]
            | ROOTS.filter[place]
            | PACKAGES.filter[place]
            | PROGRAMS.filter[place];
        place += 1;
    }
    all
};

impl Words {
    /// Prepare a list.
    #[allow(clippy::indexing_slicing)] // by the compiler, which refuses what is out of bounds
    const fn of(list: &'static [&'static [u8]]) -> Self {
        let (mut filter, mut place) = ([0; (BITS / 64) as usize], 0);
        while place < list.len() {
            let bit = bit_of(list[place]);
            filter[(bit / 64) as usize] |= 1 << (bit % 64);
            place += 1;
        }
        Self { list, filter }
    }

    /// Return whether a word is in the list.
    pub(crate) fn contains(&self, word: &[u8]) -> bool {
        self.contains_hashed(word, bit_of(word))
    }

    /// Return whether a word is in the list, given its bit.
    pub(crate) fn contains_hashed(&self, word: &[u8], bit: u32) -> bool {
        has(&self.filter, bit) && self.list.binary_search(&word).is_ok()
    }
}

/// Return whether a word with this bit may be in any of the lists. Most words are in none.
pub(crate) fn may_be_known(bit: u32) -> bool {
    has(&KNOWN, bit)
}

fn has(filter: &Filter, bit: u32) -> bool {
    filter.get((bit / 64) as usize).is_some_and(|bits| bits >> (bit % 64) & 1 == 1)
}

/// Return the bit of a word in a filter, from its length, its first three letters and its last one.
pub(crate) const fn bit_of(word: &[u8]) -> u32 {
    let (first, second, third, last) = match word {
        [first, second, third, .., last] => (*first, *second, *third, *last),
        [first, second, third] => (*first, *second, *third, 0),
        [first, second] => (*first, *second, 0, 0),
        _ => (0, 0, 0, 0),
    };
    let hash = (word.len() as u32).wrapping_mul(0x9e37_79b1)
        ^ (first as u32).wrapping_mul(0x85eb_ca6b)
        ^ (second as u32).wrapping_mul(0xc2b2_ae35)
        ^ (third as u32).wrapping_mul(0x27d4_eb2f)
        ^ (last as u32).wrapping_mul(0x1656_67b1);
    (hash >> 16) % BITS
}

/// Words reserved in SQL, scripts or templates, and the names of their usual functions.
#[rustfmt::skip]
pub(crate) static RESERVED: Words = Words::of(&[
    b"__proto__", b"addslashes", b"alert", b"alter", b"analyse", b"array", b"ascii", b"assert", b"base64", b"begin",
    b"benchmark", b"between", b"binary", b"break", b"call", b"case", b"cast", b"catch", b"char", b"character",
    b"child_process", b"chr", b"class", b"classloader", b"collate", b"concat", b"const", b"constructor", b"convert",
    b"cookie", b"create", b"createelement", b"createobject", b"database", b"dbms", b"declare", b"delete", b"div",
    b"doctype", b"document", b"drop", b"dumpfile", b"echo", b"else", b"entity", b"eof", b"eq", b"eval", b"exec",
    b"execsql", b"execsync", b"execute", b"exists", b"explode", b"export", b"expression", b"extract", b"false",
    b"fetch", b"file_get_contents", b"fopen", b"foreach", b"fputs", b"fromcharcode", b"function", b"fwrite",
    b"getruntime", b"global", b"globals", b"grant", b"gt", b"having", b"httponly", b"ifnull", b"iframe", b"import",
    b"include", b"information", b"information_schema", b"innerhtml", b"input", b"insert", b"instanceof", b"into",
    b"isnull", b"java", b"java_util", b"javascript", b"javax", b"lang", b"least", b"localhost", b"locate",
    b"location", b"lower", b"lt", b"merge", b"mid", b"ne", b"nextval", b"nil", b"nul", b"null", b"nullif", b"object",
    b"onclick", b"onerror", b"onmouseover", b"ord", b"outfile", b"passthru", b"pgrep", b"php_uname", b"phpinfo",
    b"popen", b"prepare", b"print", b"printf", b"proc", b"proc_open", b"procedure", b"process", b"processbuilder",
    b"proto", b"prototype", b"public", b"rand", b"reflect", b"regex", b"regexp", b"replace", b"require", b"return",
    b"reverse", b"rlike", b"runtime", b"schema", b"script", b"select", b"serializable", b"serialize", b"session",
    b"setinterval", b"settimeout", b"shell_exec", b"shutdown", b"sleep", b"spawnsync", b"sql", b"static", b"strcmp",
    b"string", b"stylesheet", b"substr", b"substring", b"super", b"svgload", b"system", b"throw", b"tostring",
    b"trigger", b"truncate", b"typeof", b"undefined", b"unescape", b"unhex", b"union", b"unserialize", b"var",
    b"varchar", b"vbscript", b"void", b"waitfor", b"where", b"while", b"window", b"write", b"xmlhttprequest", b"xor",
    b"yield",
]);

/// Usual commands of shells.
#[rustfmt::skip]
pub(crate) static COMMANDS: Words = Words::of(&[
    b"apt", b"ash", b"awk", b"base64", b"bash", b"busybox", b"cat", b"cc", b"chmod", b"chown", b"cmd", b"cp",
    b"crontab", b"csh", b"curl", b"dash", b"dd", b"del", b"df", b"dmesg", b"docker", b"du", b"echo", b"env", b"eval",
    b"exec", b"finger", b"fish", b"ftp", b"gcc", b"git", b"grep", b"gzip", b"hostname", b"ifconfig", b"invoke",
    b"ipconfig", b"iptables", b"kill", b"killall", b"ksh", b"kubectl", b"ln", b"ls", b"lsmod", b"lsof", b"lua",
    b"mkdir", b"mv", b"mysql", b"nc", b"ncat", b"netcat", b"netstat", b"nmap", b"node", b"nohup", b"nslookup",
    b"openssl", b"passwd", b"perl", b"php", b"ping", b"pip", b"pkill", b"powershell", b"printenv", b"printf", b"ps",
    b"pwd", b"python", b"reboot", b"reg", b"rm", b"rmdir", b"rpm", b"rsync", b"ruby", b"scp", b"sed", b"sh",
    b"shutdown", b"sleep", b"socat", b"ssh", b"strace", b"su", b"sudo", b"systemctl", b"systeminfo", b"tar",
    b"tasklist", b"tcpdump", b"tcsh", b"tee", b"telnet", b"touch", b"traceroute", b"uname", b"uniq", b"unlink",
    b"uptime", b"useradd", b"vi", b"vim", b"wc", b"wget", b"whereis", b"which", b"who", b"whoami", b"xargs", b"yum",
    b"zip", b"zsh",
]);

/// Directories at the root of a system's files.
#[rustfmt::skip]
pub(crate) static ROOTS: Words = Words::of(&[
    b"bin", b"boot", b"cgi-bin", b"dev", b"etc", b"home", b"inetpub", b"lib", b"opt", b"proc", b"root", b"sbin",
    b"self", b"sys", b"system32", b"tmp", b"usr", b"var", b"windows", b"winnt",
]);

/// What names of packages start with: the domain of who made them, or the language.
#[rustfmt::skip]
pub(crate) static PACKAGES: Words = Words::of(&[
    b"com", b"groovy", b"java", b"javax", b"jdk", b"net", b"org", b"scala", b"sun", b"system",
]);

/// Extensions of files that a server or a shell runs, and of its settings.
#[rustfmt::skip]
pub(crate) static PROGRAMS: Words = Words::of(&[
    b"asa", b"ashx", b"asp", b"aspx", b"bak", b"bat", b"cgi", b"cmd", b"conf", b"config", b"dll", b"env", b"exe",
    b"htaccess", b"htpasswd", b"inc", b"ini", b"jsp", b"jspf", b"jspx", b"key", b"pem", b"phar", b"php", b"phps",
    b"phpt", b"pht", b"phtml", b"sh", b"sql", b"swp", b"vbs", b"war",
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_contains_its_words_and_no_others() {
        for words in [&RESERVED, &COMMANDS, &ROOTS, &PACKAGES, &PROGRAMS] {
            assert!(words.list.is_sorted());
            assert!(words.list.iter().all(|word| words.contains(word)));
            assert!(!words.contains(b"shoes") && !words.contains(b"") && !words.contains(b"a"));
        }
    }
}
