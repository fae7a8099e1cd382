"""Names of protocols, and of the services behind ports, as registered by IANA. Pure."""

from typing import Final

PROTOCOLS: Final = {
    1: "ICMP", 2: "IGMP", 4: "IPIP", 6: "TCP", 17: "UDP", 33: "DCCP", 41: "IPv6", 47: "GRE", 50: "ESP", 51: "AH",
    58: "ICMPv6", 88: "EIGRP", 89: "OSPF", 103: "PIM", 112: "VRRP", 115: "L2TP", 132: "SCTP", 136: "UDP-Lite",
}  # fmt: skip
"""By number; only protocols that hosts and routers use."""
SERVICES: Final = {
    20: "ftp-data", 21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp", 53: "domain", 67: "bootps", 68: "bootpc",
    69: "tftp", 80: "http", 88: "kerberos", 110: "pop3", 111: "sunrpc", 119: "nntp", 123: "ntp", 135: "epmap",
    137: "netbios-ns", 138: "netbios-dgm", 139: "netbios-ssn", 143: "imap", 161: "snmp", 162: "snmptrap",
    179: "bgp", 389: "ldap", 443: "https", 445: "microsoft-ds", 465: "submissions", 500: "isakmp", 514: "syslog",
    515: "printer", 546: "dhcpv6-client", 547: "dhcpv6-server", 587: "submission", 631: "ipp", 636: "ldaps",
    853: "domain-s", 873: "rsync", 989: "ftps-data", 990: "ftps", 993: "imaps", 995: "pop3s", 1080: "socks",
    1194: "openvpn", 1433: "ms-sql-s", 1521: "oracle", 1812: "radius", 1883: "mqtt", 1900: "ssdp", 2049: "nfs",
    2181: "zookeeper", 2379: "etcd-client", 3128: "squid", 3268: "msft-gc", 3306: "mysql", 3389: "ms-wbt-server",
    3478: "stun", 4222: "nats", 4500: "ipsec-nat-t", 5060: "sip", 5061: "sips", 5222: "xmpp-client", 5353: "mdns",
    5355: "llmnr", 5432: "postgresql", 5671: "amqps", 5672: "amqp", 5900: "rfb", 5938: "teamviewer", 6379: "redis",
    6443: "kubernetes", 6514: "syslog-tls", 8000: "http-alt", 8080: "http-alt", 8443: "https-alt",
    8883: "secure-mqtt", 9042: "cassandra", 9090: "prometheus", 9092: "kafka", 9100: "jetdirect",
    9200: "elasticsearch", 9418: "git", 11211: "memcache", 27017: "mongodb", 51820: "wireguard",
}  # fmt: skip
"""By port, for both TCP and UDP, including well-known services that are not registered."""


def protocol_name(protocol: int) -> str:
    """Return `TCP`, for example; `protocol 253` if the name is unknown."""
    return PROTOCOLS.get(protocol) or f"protocol {protocol}"


def service_of(protocol: int, source_port: int, destination_port: int) -> str:
    """Return protocol, port and service, such as `TCP 443 https`; only the protocol if it has no ports.

    The service is the known port; if both are known, the destination; if none is, the lower one.
    """
    name = protocol_name(protocol)
    if not source_port and not destination_port:
        return name
    known = [port for port in (destination_port, source_port) if port in SERVICES]
    port = known[0] if known else min(source_port, destination_port)
    return f"{name} {port} {SERVICES[port]}" if known else f"{name} {port}"
