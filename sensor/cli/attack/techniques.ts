/** Version of ATT&CK that the tables stand for. */
export const ATTACK_VERSION = '19';

/** A tactic: a column of the matrix, in its order. */
export interface Tactic {
  /** `credential_access`: as tags spell it, without `mitre_`. */
  readonly key: string;
  readonly id: string;
  readonly name: string;
}

/** A technique or sub-technique. */
export interface Technique {
  readonly id: string;
  readonly name: string;
  /** Keys of its tactics; a sub-technique has its parent's. */
  readonly tactics: readonly string[];
}

/** Columns of the enterprise matrix that a host can see; reconnaissance and resource development happen elsewhere. */
export const TACTICS: readonly Tactic[] = [
  ['initial_access', 'TA0001', 'Initial Access'],
  ['execution', 'TA0002', 'Execution'],
  ['persistence', 'TA0003', 'Persistence'],
  ['privilege_escalation', 'TA0004', 'Privilege Escalation'],
  ['stealth', 'TA0005', 'Stealth'],
  ['defense_impairment', 'TA0112', 'Defense Impairment'],
  ['credential_access', 'TA0006', 'Credential Access'],
  ['discovery', 'TA0007', 'Discovery'],
  ['lateral_movement', 'TA0008', 'Lateral Movement'],
  ['collection', 'TA0009', 'Collection'],
  ['command_and_control', 'TA0011', 'Command and Control'],
  ['exfiltration', 'TA0010', 'Exfiltration'],
  ['impact', 'TA0040', 'Impact'],
].map(([key, id, name]) => ({ key: key!, id: id!, name: name! }));

/**
 * Techniques of the Linux and Containers platforms: id, name, tactics; the sub-techniques that matter there below. Names and
 * ids are ATT&CK's own, version 19 (Defense Evasion became Stealth and Defense Impairment).
 */
const TABLE = `
T1189 Drive-by Compromise | initial_access
T1190 Exploit Public-Facing Application | initial_access
T1133 External Remote Services | initial_access persistence
T1200 Hardware Additions | initial_access
T1566 Phishing | initial_access
T1091 Replication Through Removable Media | initial_access lateral_movement
T1195 Supply Chain Compromise | initial_access
 .001 Compromise Software Dependencies and Development Tools
 .002 Compromise Software Supply Chain
T1199 Trusted Relationship | initial_access
T1078 Valid Accounts | initial_access persistence privilege_escalation stealth
 .001 Default Accounts
 .003 Local Accounts
T1659 Content Injection | initial_access command_and_control

T1059 Command and Scripting Interpreter | execution
 .004 Unix Shell
 .006 Python
 .007 JavaScript
 .011 Lua
 .013 Container CLI/API
T1609 Container Administration Command | execution
T1610 Deploy Container | execution
T1203 Exploitation for Client Execution | execution
T1559 Inter-Process Communication | execution
T1106 Native API | execution
T1053 Scheduled Task/Job | execution persistence privilege_escalation
 .002 At
 .003 Cron
 .006 Systemd Timers
 .007 Container Orchestration Job
T1129 Shared Modules | execution
T1072 Software Deployment Tools | execution lateral_movement
T1569 System Services | execution
 .003 Systemctl
T1204 User Execution | execution
 .002 Malicious File
 .003 Malicious Image
T1674 Input Injection | execution
T1574 Hijack Execution Flow | execution stealth
 .006 Dynamic Linker Hijacking
 .007 Path Interception by PATH Environment Variable

T1098 Account Manipulation | persistence privilege_escalation
 .004 SSH Authorized Keys
 .006 Additional Container Cluster Roles
 .007 Additional Local or Domain Groups
T1547 Boot or Logon Autostart Execution | persistence privilege_escalation
 .006 Kernel Modules and Extensions
 .013 XDG Autostart Entries
T1037 Boot or Logon Initialization Scripts | persistence privilege_escalation
 .004 RC Scripts
T1554 Compromise Host Software Binary | persistence
T1136 Create Account | persistence
 .001 Local Account
T1543 Create or Modify System Process | persistence privilege_escalation
 .002 Systemd Service
 .005 Container Service
T1546 Event Triggered Execution | persistence privilege_escalation
 .004 Unix Shell Configuration Modification
 .005 Trap
 .016 Installer Packages
 .017 Udev Rules
 .018 Python Startup Hooks
T1525 Implant Internal Image | persistence
T1556 Modify Authentication Process | persistence defense_impairment credential_access
 .003 Pluggable Authentication Modules
T1653 Power Settings | persistence
T1542 Pre-OS Boot | persistence stealth
 .003 Bootkit
T1505 Server Software Component | persistence
 .003 Web Shell
T1176 Software Extensions | persistence
T1205 Traffic Signaling | persistence stealth command_and_control
 .001 Port Knocking
 .002 Socket Filters
T1668 Exclusive Control | persistence

T1548 Abuse Elevation Control Mechanism | privilege_escalation
 .001 Setuid and Setgid
 .003 Sudo and Sudo Caching
T1611 Escape to Host | privilege_escalation
T1068 Exploitation for Privilege Escalation | privilege_escalation
T1055 Process Injection | privilege_escalation stealth
 .008 Ptrace System Calls
 .009 Proc Memory
 .014 VDSO Hijacking

T1612 Build Image on Host | stealth
T1622 Debugger Evasion | stealth discovery
T1678 Delay Execution | stealth
T1140 Deobfuscate/Decode Files or Information | stealth
T1006 Direct Volume Access | stealth
T1480 Execution Guardrails | stealth
T1211 Exploitation for Stealth | stealth
T1564 Hide Artifacts | stealth
 .001 Hidden Files and Directories
 .002 Hidden Users
 .005 Hidden File System
 .011 Ignore Process Interrupts
 .013 Bind Mounts
T1070 Indicator Removal | stealth
 .003 Clear Command History
 .004 File Deletion
 .006 Timestomp
 .009 Clear Persistence
T1202 Indirect Command Execution | stealth
T1036 Masquerading | stealth
 .003 Rename Legitimate Utilities
 .004 Masquerade Task or Service
 .005 Match Legitimate Resource Name or Location
 .006 Space after Filename
 .009 Break Process Trees
 .011 Overwrite Process Arguments
T1027 Obfuscated Files or Information | stealth
 .002 Software Packing
 .004 Compile After Delivery
 .010 Command Obfuscation
 .011 Fileless Storage
 .013 Encrypted/Encoded File
T1620 Reflective Code Loading | stealth
T1014 Rootkit | stealth
T1679 Selective Exclusion | stealth
T1684 Social Engineering | stealth
 .001 Impersonation
 .002 Email Spoofing
T1218 System Binary Proxy Execution | stealth
T1497 Virtualization/Sandbox Evasion | stealth discovery

T1685 Disable or Modify Tools | defense_impairment
 .002 Disable or Modify Cloud Log
 .003 Modify or Spoof Tool UI
 .004 Disable or Modify Linux Audit System Log
 .006 Clear Linux or Mac System Logs
T1686 Disable or Modify System Firewall | defense_impairment
 .001 Cloud Firewall
 .002 Network Device Firewall
T1689 Downgrade Attack | defense_impairment
T1222 File and Directory Permissions Modification | defense_impairment
 .002 Linux and Mac Permissions
T1690 Prevent Command History Logging | defense_impairment
T1687 Exploitation for Defense Impairment | defense_impairment
T1688 Safe Mode Boot | defense_impairment
T1553 Subvert Trust Controls | defense_impairment
 .004 Install Root Certificate

T1557 Adversary-in-the-Middle | credential_access collection
T1110 Brute Force | credential_access
 .001 Password Guessing
 .002 Password Cracking
T1555 Credentials from Password Stores | credential_access
 .003 Credentials from Web Browsers
T1212 Exploitation for Credential Access | credential_access
T1606 Forge Web Credentials | credential_access
T1056 Input Capture | credential_access collection
 .001 Keylogging
T1111 Multi-Factor Authentication Interception | credential_access
T1040 Network Sniffing | credential_access discovery
T1003 OS Credential Dumping | credential_access
 .007 Proc Filesystem
 .008 /etc/passwd and /etc/shadow
T1528 Steal Application Access Token | credential_access
T1649 Steal or Forge Authentication Certificates | credential_access
T1558 Steal or Forge Kerberos Tickets | credential_access
T1539 Steal Web Session Cookie | credential_access
T1552 Unsecured Credentials | credential_access
 .001 Credentials In Files
 .003 Shell History
 .004 Private Keys
 .005 Cloud Instance Metadata API
 .007 Container API

T1087 Account Discovery | discovery
 .001 Local Account
T1217 Browser Information Discovery | discovery
T1613 Container and Resource Discovery | discovery
T1652 Device Driver Discovery | discovery
T1083 File and Directory Discovery | discovery
T1654 Log Enumeration | discovery
T1046 Network Service Discovery | discovery
T1135 Network Share Discovery | discovery
T1201 Password Policy Discovery | discovery
T1069 Permission Groups Discovery | discovery
T1057 Process Discovery | discovery
T1018 Remote System Discovery | discovery
T1518 Software Discovery | discovery
 .001 Security Software Discovery
T1082 System Information Discovery | discovery
T1614 System Location Discovery | discovery
T1016 System Network Configuration Discovery | discovery
T1049 System Network Connections Discovery | discovery
T1033 System Owner/User Discovery | discovery
T1007 System Service Discovery | discovery
T1124 System Time Discovery | discovery

T1210 Exploitation of Remote Services | lateral_movement
T1570 Lateral Tool Transfer | lateral_movement
T1563 Remote Service Session Hijacking | lateral_movement
 .001 SSH Hijacking
T1021 Remote Services | lateral_movement
 .004 SSH
T1550 Use Alternate Authentication Material | lateral_movement
 .001 Application Access Token

T1560 Archive Collected Data | collection
 .001 Archive via Utility
T1119 Automated Collection | collection
T1115 Clipboard Data | collection
T1213 Data from Information Repositories | collection
T1005 Data from Local System | collection
T1039 Data from Network Shared Drive | collection
T1025 Data from Removable Media | collection
T1074 Data Staged | collection
 .001 Local Data Staging
T1113 Screen Capture | collection

T1071 Application Layer Protocol | command_and_control
 .001 Web Protocols
 .004 DNS
T1132 Data Encoding | command_and_control
T1001 Data Obfuscation | command_and_control
T1568 Dynamic Resolution | command_and_control
T1573 Encrypted Channel | command_and_control
T1008 Fallback Channels | command_and_control
T1665 Hide Infrastructure | command_and_control
T1105 Ingress Tool Transfer | command_and_control
T1104 Multi-Stage Channels | command_and_control
T1095 Non-Application Layer Protocol | command_and_control
T1571 Non-Standard Port | command_and_control
T1572 Protocol Tunneling | command_and_control
T1090 Proxy | command_and_control
 .003 Multi-hop Proxy
T1219 Remote Access Tools | command_and_control
T1102 Web Service | command_and_control

T1020 Automated Exfiltration | exfiltration
T1030 Data Transfer Size Limits | exfiltration
T1048 Exfiltration Over Alternative Protocol | exfiltration
 .003 Exfiltration Over Unencrypted Non-C2 Protocol
T1041 Exfiltration Over C2 Channel | exfiltration
T1011 Exfiltration Over Other Network Medium | exfiltration
T1052 Exfiltration Over Physical Medium | exfiltration
T1567 Exfiltration Over Web Service | exfiltration
T1029 Scheduled Transfer | exfiltration

T1531 Account Access Removal | impact
T1485 Data Destruction | impact
T1486 Data Encrypted for Impact | impact
T1565 Data Manipulation | impact
T1491 Defacement | impact
T1561 Disk Wipe | impact
T1499 Endpoint Denial of Service | impact
T1657 Financial Theft | impact
T1495 Firmware Corruption | impact
T1490 Inhibit System Recovery | impact
T1498 Network Denial of Service | impact
T1496 Resource Hijacking | impact
 .001 Compute Hijacking
T1489 Service Stop | impact
T1529 System Shutdown/Reboot | impact
`;

/** Techniques and sub-techniques by id. */
export const TECHNIQUES: ReadonlyMap<string, Technique> = readTable();

function readTable(): ReadonlyMap<string, Technique> {
  const techniques = new Map<string, Technique>();
  let parent: Technique | undefined;
  for (const line of TABLE.split('\n')) {
    const [, key, rest] = /^ ?(T\d{4}|\.\d{3}) (.*)$/.exec(line) ?? [];
    if (key === undefined || rest === undefined) continue;
    if (key.startsWith('.') && parent !== undefined) {
      const id = `${parent.id}${key}`;
      techniques.set(id, { id, name: `${parent.name}: ${rest}`, tactics: parent.tactics });
      continue;
    }
    const [name = '', tactics = ''] = rest.split(' | ');
    parent = { id: key, name, tactics: tactics.split(' ') };
    techniques.set(key, parent);
  }
  return techniques;
}
