/* hold-port ADDRESS PORT: listens on TCP and answers each connection with one line, until killed. Says "ready" when it does. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, peer;

	if (argc != 3 || inet_pton(AF_INET, argv[1], &at.sin_addr) != 1)
		return 2;
	at.sin_port = htons(atoi(argv[2]));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 16)) {
		perror("hold-port");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	while ((peer = accept(listener, NULL, NULL)) >= 0) {
		if (write(peer, "hello\n", 6) < 0)
			perror("write");
		close(peer);
	}
	return 1;
}
