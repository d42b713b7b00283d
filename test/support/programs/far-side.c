/* far-side [-q] PORT...: echoes TCP and UDP, IPv4 and IPv6, on these ports, and counts every packet that arrives for them, whatever
 * becomes of it. Says "ready", then answers each line on its input with the counts so far: "PORT COUNT PORT COUNT ... 0 COUNT";
 * port 0 stands for fragments and packets of tunnels, which carry no ports. -q: counts nothing and answers nothing, for measurements. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int ports[32], port_count;
static unsigned long counts[65536];
static int quiet;

static int listening(int type, int port)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, type | (type == SOCK_STREAM ? SOCK_NONBLOCK : 0), 0), off = 0, on = 1;

	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (void *)&at, sizeof(at)) || (type == SOCK_STREAM && listen(fd, 4096))) {
		perror("far-side");
		exit(1);
	}
	return fd;
}

static void count(const unsigned char *p, ssize_t len, int protocol)
{
	const unsigned char *l4;

	if (protocol == ETH_P_IP && len >= 24) {
		l4 = p + (p[0] & 15) * 4, protocol = p[9];
		if ((p[6] & 0x1f) | p[7]) {
			counts[0]++;
			return;
		}
	} else if (protocol == ETH_P_IPV6 && len >= 52) {
		l4 = p + 40, protocol = p[6];
		if (protocol == IPPROTO_FRAGMENT) {
			if (l4[2] | (l4[3] & 0xf8)) {
				counts[0]++;
				return;
			}
			protocol = l4[0], l4 += 8;
		}
	} else {
		return;
	}
	if (protocol == IPPROTO_IPIP)
		counts[0]++;
	else if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP)
		counts[l4[2] << 8 | l4[3]]++;
}

int main(int argc, char **argv)
{
	struct pollfd fds[1024];
	int n = 0, streams_from, i, raw;
	char buffer[65536];

	setvbuf(stdout, NULL, _IOLBF, 0);
	quiet = argc > 1 && !strcmp(argv[1], "-q");
	raw = quiet ? -1 : socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
	if (raw < 0 && !quiet) {
		perror("far-side: packet socket");
		return 1;
	}
	fds[n++] = (struct pollfd){ .fd = 0, .events = POLLIN };
	fds[n++] = (struct pollfd){ .fd = raw, .events = POLLIN };
	for (i = 1 + quiet; i < argc && port_count < 32; i++) {
		ports[port_count++] = atoi(argv[i]);
		fds[n++] = (struct pollfd){ .fd = listening(SOCK_STREAM, atoi(argv[i])), .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = listening(SOCK_DGRAM, atoi(argv[i])), .events = POLLIN };
	}
	streams_from = n;
	puts("ready");
	for (;;) {
		poll(fds, n, -1);
		if (fds[1].revents) {
			struct sockaddr_ll from;
			socklen_t len = sizeof(from);
			ssize_t got;

			while ((got = recvfrom(raw, buffer, sizeof(buffer), MSG_DONTWAIT, (void *)&from, &len)) >= 0)
				if (from.sll_pkttype != PACKET_OUTGOING && from.sll_pkttype != PACKET_LOOPBACK)
					count((unsigned char *)buffer, got, ntohs(from.sll_protocol));
		}
		for (i = 2; i < streams_from; i += 2) {
			struct sockaddr_storage from;
			socklen_t len = sizeof(from);
			ssize_t got;
			int peer;

			while (fds[i].revents && n < 1024 &&
			       (peer = accept4(fds[i].fd, NULL, NULL, SOCK_NONBLOCK)) >= 0)
				fds[n++] = (struct pollfd){ .fd = peer, .events = POLLIN };
			if (fds[i + 1].revents &&
			    (got = recvfrom(fds[i + 1].fd, buffer, sizeof(buffer), 0, (void *)&from, &len)) >= 0)
				if (!quiet && sendto(fds[i + 1].fd, buffer, got, 0, (void *)&from, len) < 0)
					perror("far-side: reply");
		}
		for (i = streams_from; i < n; i++) {
			ssize_t got;

			if (!fds[i].revents)
				continue;
			got = recv(fds[i].fd, buffer, sizeof(buffer), MSG_DONTWAIT);
			if (got > 0) {
				if (!quiet && send(fds[i].fd, buffer, got, MSG_NOSIGNAL) < 0)
					perror("far-side: echo");
			} else {
				close(fds[i].fd);
				fds[i--] = fds[--n];
			}
		}
		if (fds[0].revents) {
			if (!fgets(buffer, sizeof(buffer), stdin))
				return 0;
			for (i = 0; i < port_count; i++)
				printf("%d %lu ", ports[i], counts[ports[i]]);
			printf("0 %lu\n", counts[0]);
		}
	}
}
