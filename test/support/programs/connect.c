/* connect ADDRESS PORT: one TCP connect, IPv4 or IPv6. Exit status 0 when connected, else the errno. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	int fd;

	if (argc != 3)
		return 2;
	v4.sin_port = v6.sin6_port = htons(atoi(argv[2]));
	if (inet_pton(AF_INET, argv[1], &v4.sin_addr) == 1) {
		fd = socket(AF_INET, SOCK_STREAM, 0);
		return connect(fd, (struct sockaddr *)&v4, sizeof(v4)) ? errno : 0;
	}
	if (inet_pton(AF_INET6, argv[1], &v6.sin6_addr) == 1) {
		fd = socket(AF_INET6, SOCK_STREAM, 0);
		return connect(fd, (struct sockaddr *)&v6, sizeof(v6)) ? errno : 0;
	}
	return 2;
}
