/* Copies the secrets of TLS handshakes out of the function with which a TLS library logs them.
 *
 * In OpenSSL and BoringSSL the function is `ssl_log_secret(connection, label, secret, length)`, in Go
 * `(*Config).writeKeyLog(label, random, secret)`. It is called with each new secret, whether a key log is written or
 * not. A probe is on each call, or on the function. Its cookie says where
 * the client random is in the connection. User space knows the label by its distance from the probe, because the text of
 * the label may not be in memory.
 *
 * Build it with `make bpf`. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define RANDOM_SIZE 32
#define LARGEST_SECRET 64

struct secret {
	__s64 distance; /* from the probe to the label, in bytes */
	__u32 probe;
	__u32 length;
	__u8 random[RANDOM_SIZE];
	__u8 bytes[LARGEST_SECRET];
};

/* In the cookie, from the lowest bits on. */
struct place {
	__u16 offset;  /* of the client random in the connection, or in the structure to which the connection points */
	__u16 pointer; /* offset of the pointer to that structure; 0 if there is none */
	__u32 probe;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* enlarged before it is loaded */
} secrets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE); /* read without a system call, which the program may not make any more */
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

const char LICENSE[] SEC("license") = "Dual MIT/GPL";
const char HASH[] SEC("source") = SOURCE;

static int lose(void)
{
	__u32 only = 0;
	__u64 *count = bpf_map_lookup_elem(&lost, &only);
	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}

static int copy(struct secret *to, struct place place, __u64 connection, __u64 bytes, __u64 length)
{
	if (length > LARGEST_SECRET)
		return -1;
	if (place.pointer && bpf_probe_read_user(&connection, sizeof(connection), (void *)(connection + place.pointer)))
		return -1;
	if (bpf_probe_read_user(to->random, RANDOM_SIZE, (void *)(connection + place.offset)))
		return -1;
	__builtin_memset(to->bytes, 0, LARGEST_SECRET);
	to->probe = place.probe;
	to->length = length;
	return bpf_probe_read_user(to->bytes, length, (void *)bytes);
}

static __always_inline int send(void *context, __u64 probe, const __u64 arguments[4])
{
	__u64 cookie = bpf_get_attach_cookie(context);
	struct place place = {.offset = cookie, .pointer = cookie >> 16, .probe = cookie >> 32};
	struct secret *to = bpf_ringbuf_reserve(&secrets, sizeof(*to), 0);
	if (!to)
		return lose();
	if (copy(to, place, arguments[0], arguments[2], arguments[3])) {
		bpf_ringbuf_discard(to, BPF_RB_NO_WAKEUP);
		return lose();
	}
	to->distance = arguments[1] - probe;
	bpf_ringbuf_submit(to, BPF_RB_NO_WAKEUP);
	return 0;
}

/* The numbers are the places of the registers in the kernel's struct pt_regs. The arguments are the connection (in Go
 * the client random), the label, the secret and its length. */

SEC("uprobe")
int c_x86_64(__u64 *registers)
{
	__u64 arguments[4] = {registers[14], registers[13], registers[12], registers[11]}; /* rdi, rsi, rdx, rcx */
	return send(registers, registers[16], arguments);                                 /* rip */
}

SEC("uprobe")
int go_x86_64(__u64 *registers)
{
	__u64 arguments[4] = {registers[14], registers[5], registers[8], registers[7]}; /* rdi, rbx, r9, r10 */
	return send(registers, registers[16], arguments);
}

SEC("uprobe")
int c_aarch64(__u64 *registers)
{
	__u64 arguments[4] = {registers[0], registers[1], registers[2], registers[3]};
	return send(registers, registers[32], arguments); /* pc */
}

SEC("uprobe")
int go_aarch64(__u64 *registers)
{
	__u64 arguments[4] = {registers[3], registers[1], registers[6], registers[7]};
	return send(registers, registers[32], arguments);
}
