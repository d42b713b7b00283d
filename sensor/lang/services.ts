/**
 * Ports by the name of their service, for literals of port fields. From the registry of service names (RFC 6335) as far as
 * rules name them; a table of our own, so that a rule means the same on every host.
 */
export const SERVICE_PORTS: ReadonlyMap<string, number> = new Map(
  `echo 7 discard 9 systat 11 daytime 13 netstat 15 qotd 17 chargen 19 ftp-data 20 ftp 21 ssh 22 telnet 23 smtp 25 mail 25
  time 37 whois 43 tacacs 49 domain 53 bootps 67 bootpc 68 tftp 69 gopher 70 finger 79 http 80 www 80 kerberos 88
  iso-tsap 102 pop3 110 sunrpc 111 portmapper 111 auth 113 ident 113 nntp 119 ntp 123 epmap 135 netbios-ns 137 netbios-dgm 138
  netbios-ssn 139 imap2 143 imap 143 snmp 161 snmp-trap 162 bgp 179 irc 194 ldap 389 svrloc 427 https 443 snpp 444
  microsoft-ds 445 submissions 465 ssmtp 465 smtps 465 isakmp 500 exec 512 biff 512 login 513 who 513 shell 514 syslog 514
  printer 515 talk 517 route 520 uucp 540 klogin 543 kshell 544 dhcpv6-client 546 dhcpv6-server 547 rtsp 554 nntps 563
  submission 587 ipp 631 ldaps 636 tinc 655 domain-s 853 rsync 873 ftps-data 989 ftps 990 telnets 992 imaps 993 pop3s 995
  socks 1080 openvpn 1194 rmiregistry 1099 ms-sql-s 1433 ms-sql-m 1434 l2f 1701 radius 1812 radius-acct 1813 nfs 2049
  docker 2375 docker-s 2376 etcd-client 2379 etcd-server 2380 cvspserver 2401 svn 3690 mysql 3306 ms-wbt-server 3389 nut 3493
  epmd 4369 iax 4569 sip 5060 sip-tls 5061 xmpp-client 5222 xmpp-server 5269 mdns 5353 postgresql 5432 amqps 5671 amqp 5672
  x11 6000 x11-1 6001 redis 6379 ircd 6667 ircs-u 6697 afs3-fileserver 7000 http-alt 8080 webcache 8080 puppet 8140
  http-alt-s 8443 cassandra 9042 git 9418 webmin 10000 zabbix-agent 10050 zabbix-trapper 10051 amanda 10080 memcached 11211
  mongodb 27017`
    .trim()
    .split(/\s+/)
    .flatMap((word, i, words) => (i % 2 === 0 ? [[word, Number(words[i + 1])] as const] : [])),
);
