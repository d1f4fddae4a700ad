# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts of the platform CLI and of logging in to it."""

from __future__ import annotations

from .model import Text, invented, known

_TFTP_CALLMANAGER = (
    "Please Restart the TFTP and Cisco CallManager services on all nodes in the cluster "
    "that run these services"
)
_PHONES_CTIMANAGER = (
    "You must reset all phones to ensure they received the updated CTL file. \n"
    "You must restart Cisco CTIManager services on all the nodes in the cluster "
    "that have the service activated."
)
_CALLMANAGER_CTIMANAGER = (
    "You must restart Cisco CallManager and Cisco CTIManager services on all the nodes in the cluster that "
    "have these services activated."
)

CLI: dict[str, Text] = {
    # Session
    "session.starting": known("COPINST, UNICON", "Command Line Interface is starting up, please wait ...\n"),
    "session.welcome": known("UNICON", "\n   Welcome to the Platform Command Line Interface\n"),
    "session.hardware": known(
        "UNICON, TN217581",
        "\nVMware Installation:\n\t2 vCPU: Intel(R) Xeon(R) CPU E7- 2830  @ 2.13GHz\n"
        "\tDisk 1: 146GB, Partitions aligned\n\t8192 Mbytes RAM\n\n",
    ),
    "session.banner": invented("", "customised login banners exist; empty unless an administrator sets one"),
    "session.dns_warning": known("TN217581", "        WARNING: DNS unreachable\n"),
    "session.prompt": known("UNICON, CTMCP", "admin:"),
    "session.limit": invented("Too many logins for '{account}'.\n"),
    "session.idle": invented("\nThe session was idle for too long and is closed.\n"),
    "session.goodbye": invented(""),
    "session.interrupted": known("CLI15", "Control-C pressed\n"),
    "login.password": known("CLI15", "Password: "),
    "login.expired": known("vos_mon.sh", "(current) UNIX password: "),
    "login.new_password": invented("New password: "),
    "login.retype_password": invented("Retype new password: "),
    "login.expired_notice": invented("You are required to change your password immediately"),
    # Errors every command shares
    "error.unknown": known("practitioner parser", "No valid command entered\n"),
    "error.not_simulated": invented(
        "The lab does not simulate this: {what}\n",
        "a device knows the command; the lab says so in its own name",
    ),
    "error.incomplete": known("CLI15", "Incomplete command entered\n"),
    "error.failed": known("CLI15, FIPS15", "Executed command unsuccessfully\n"),
    "error.argument": invented("Invalid parameter: {argument}\n"),
    "help.syntax": known("CLI15", "Syntax:\n"),
    "help.line": invented("  {syntax}\n"),
    # Pagers
    "pager.output": known(
        "UNICON", "\x1b[1mPress <enter> for 1 line, <space> for one page, or <q> to quit\x1b[0m\x1b[K"
    ),
    "pager.wipe": known("UNICON", "\r\x1b[K"),
    "file.delete.question": known(
        "TN118892",
        'Delete the File {name}?\nEnter "y" followed by return to continue: ',
    ),
    "file.delete.done": known("TN118892", "files: found = {found}, deleted = {deleted}\n"),
    "pagination.show": known("CLI15", "Automatic Pagination : {state}.\n"),
    "pagination.set_off": known("CER 12.5 CLI guide", "Automatic pagination is turned off\n"),
    "pagination.set_on": invented("Automatic pagination is turned on\n"),
    # utils ctl: questions
    "ctl.mixed.question.will_set": known(
        "CVP, TN118892",
        "This operation will set the cluster to Mixed mode.{clause} Do you want to continue? (y/n):",
    ),
    "ctl.mixed.question.sets": known(
        "TN118893", "This operation sets the cluster to Mixed mode.{clause} Do you want to continue? (y/n):"
    ),
    "ctl.mixed.clause.auto_registration": known(
        "CVP", "  Auto-registration is enabled on at least one CM node."
    ),
    "ctl.non_secure.question.will_set": known(
        "TN118892",
        "This operation will set the cluster to non secure mode. Do you want to continue? (y/n):",
    ),
    "ctl.non_secure.question.sets": invented(
        "This operation sets the cluster to non secure mode. Do you want to continue? (y/n):",
        "the 'sets' wording is known for mixed mode only",
    ),
    "ctl.update.question.will_set": known(
        "TN118893, one copy", "This operation will update the CTLFile. Do you want to continue? (y/n):"
    ),
    "ctl.update.question.sets": known(
        "TN118893", "This operation updates the CTLFile. Do you want to continue? (y/n):"
    ),
    # utils ctl: what follows the answer
    "ctl.mixed.progress": known("TN118893, CVP", "Moving Cluster to Mixed Mode\n"),
    "ctl.mixed.done": known("TN118893, CVP", "Cluster set to Mixed Mode\n"),
    "ctl.non_secure.progress": known("TN118892", "Moving Cluster to Non Secure Mode\n"),
    "ctl.non_secure.done": known("TN118892", "Cluster set to Non Secure Mode\n"),
    "ctl.update.progress": known("TN118893", "Updating CTL file\n"),
    "ctl.update.done": known("TN118893", "CTL file Updated\n"),
    "ctl.trailer.tftp_callmanager": known("TN118893, TN118892", _TFTP_CALLMANAGER + "\n"),
    "ctl.trailer.phones_ctimanager": known("CVP", _PHONES_CTIMANAGER + "\n"),
    "ctl.trailer.callmanager_ctimanager": invented(
        _CALLMANAGER_CTIMANAGER + "\n", "LAB14 tells its content, not its words"
    ),
    "ctl.declined": invented("The operation was cancelled, nothing was changed.\n"),
    "ctl.answer_unknown": invented("Please answer y or n:"),
    "ctl.subscriber": invented("This command can only be executed on the publisher node.\n"),
    "ctl.unrestricted": invented("This command is not available on an export unrestricted system.\n"),
    "ctl.export_refused": known(
        "CTL125",
        "Command cannot be executed because the Unified Communications Manager cluster is not registered "
        "to a Smart/Virtual Account with Allow export-controlled functionality. Please ensure Product Token "
        "received from the Smart/Virtual Account has Allow export-controlled functionality checked when "
        "registering the UCM Cluster .\n",
    ),
    "ctl.encryption_licence_refused": invented(
        "Command cannot be executed because the license manager has not granted an Encryption License.\n",
        "11.5: [P] TN118893 tells that the licence is needed from 11.5(1)SU3 on, not what is printed without it",
    ),
    "ctl.busy": invented(
        "Another operation is in progress. Please try again later.\n",
        "what a second utils ctl or utils sipOAuth-mode meets while one is at work is published nowhere",
    ),
    "ctl.failed": invented("The operation failed: {reason}\n"),
    # show ctl, show itl
    "trust_list.checksum": known(
        "TN118893", "The checksum value of the {list} file:\n{md5}(MD5)\n{sha1}(SHA1)\n\n"
    ),
    "trust_list.length": known("TN118893", "Length of {list} file: {length}\n"),
    "trust_list.modified": known("TN118893", "The {list} File was last modified on {date}\n\n"),
    "trust_list.parse": known("TN118893", "\tParse {list} File\n\t----------------\n\n"),
    "trust_list.none": known(
        "TN118893",
        "CTL File not found. Please run CTLClient plugin or run the CLI - utils ctl.. "
        "to generate the CTL file.\n"
        "Error parsing the CTL File.\n",
    ),
    "trust_list.signer": known("TN118893", "This etoken was used to sign the {list} file.\n"),
    "trust_list.not_signer": known("TN118893", "This etoken was not used to sign the {list} file.\n"),
    "trust_list.damaged": invented("Error parsing the {list} File.\n", "known for a missing file only"),
    "trust_list.verified": known("TN118893", "The {list} file was verified successfully.\n"),
    "trust_list.not_verified": invented("Verification of the {list} file failed.\n"),
    # utils sipOAuth-mode
    "sip_oauth.enabled": known(
        "CLI15, CLI 12.5 to 14",
        "SIP OAuth mode enabled.\n"
        "Please restart the Cisco CallManager service on all nodes in the cluster where it is running.\n",
    ),
    "sip_oauth.disabled": known(
        "CLI15, CLI 12.5 to 14",
        "SIP OAuth mode disabled.\n"
        "Please restart the Cisco CallManager service on all nodes in the cluster where it is running.\n",
    ),
    "sip_oauth.question": invented(
        "This operation changes the SIP OAuth mode of the cluster. Do you want to continue? (y/n):",
        "no source shows a question; for the setting sip_oauth_asks",
    ),
    "sip_oauth.declined": invented("The SIP OAuth mode is not changed.\n", "as sip_oauth.question"),
    "sip_oauth.export_refused": invented(
        "SIP OAuth mode cannot be enabled because the cluster is not registered with export-controlled "
        "functionality allowed.\n",
        "whether the CLI looks at the licence, and what it says then, is not public",
    ),
    "sip_oauth.subscriber": invented(
        "This command can only be executed on the publisher node.\n",
        "publisher only is [P] CLI15, the refusal is not public",
    ),
    # Services
    "service.requesting": known("VVB ops guide", "Requesting service status, please wait...\n"),
    "service.manager_running": known("VVB ops guide", "Service Manager is running\n"),
    "service.getting_list": known("VVB ops guide", "Getting list of all services\n"),
    "service.return_code": known("VVB ops guide", ">> Return code = {code}\n"),
    "service.platform_line": known("VVB ops guide", "{service} [{status}]{reason}\n"),
    "service.line": known("VVB ops guide, TN118744", "{service}[{status}]{reason}\n"),
    "service.primary_node": known("VVB ops guide", "Primary Node ={value}\n"),
    "service.not_activated": known("VVB ops guide", "  Service Not Activated"),
    "service.commanded_out": known("VVB ops guide", "  Commanded Out of Service"),
    "service.not_running": known("VVB ops guide", "  Component is not running"),
    "service.restart_notice": known(
        "CCX and Finesse captures",
        " Don't press Ctrl-c while the service is getting RESTARTED.If Service has not Restarted Properly, "
        "execute the same Command Again\n",
    ),
    "service.stopped_by_command": known("TN221069", "Commanded Out of Service\n"),
    "service.unknown": invented("Service {service} is not a valid service name\n"),
    "service.refused": invented("Service {service}: {reason}\n"),
    "service.activated": invented("{service} is activated\n"),
    "service.deactivated": invented("{service} is deactivated\n"),
    # run sql
    "sql.no_rows": invented(
        "No records found\n",
        "captured for run cuc dbquery of the same platform (TN118299); run sql prints its heading (levensailor)",
    ),
    "sql.error": invented("{message}\n", "SQL errors on the CLI are not captured publicly"),
    "sql.read_only": invented(
        "This command is for read only. Only a select statement is allowed.\n",
        "run sql is read only for ordinary accounts; its words are not public",
    ),
    # Versions, node, licence and the rest
    "version.active": known(
        "PCCE 15 guide, CTMCP",
        "Active Master Version: {version}\nActive Version Installed Software Options:\n",
    ),
    "version.inactive": invented(
        "Inactive Master Version: {version}\nInactive Version Installed Software Options:\n"
        "No Installed Software Options Found.\n",
        "the first line is read by public clients; the others are made after show version active",
    ),
    "version.none_inactive": invented("No inactive version is installed.\n"),
    "date": known("CLI 12.5", "{date}\n"),
    "ntp.server": known("CER 12.5 CLI guide", "{server}\n"),
    "ntp.usage": known(
        "CER 12.5 CLI guide",
        "Incorrect optional parameter entered for list\nusage: utils ntp server list\n",
    ),
    "ntp.no_server": known("CER 12.5 CLI guide", "There are no NTP servers configured.\n"),
    "hardware": known(
        "TN221038: the layout; the figures are this lab's",
        "\nHW Platform       : VMware Virtual Machine\nProcessors        : 2\n"
        "Type              : Intel(R) Xeon(R) CPU E5-2699A v4 @ 2.40GHz\nCPU Speed         : 2400\n"
        "Memory            : 8192 MBytes\nObject ID         : 1.3.6.1.4.1.9.1.1348\n"
        "OS Version        : UCOS 7.0.0.0-4.i386\n"
        "Serial Number     : VMware-42 16 9b c5 f6 08 da f9-36 d7 72 7c 01 41 52 62\n\n"
        "RAID Version      :\nNo RAID controller information is available\n\n"
        "BIOS Information  :\nPhoenixTechnologiesLTD 6.00 11/12/2020\n\n"
        "RAID Details      :\nNo RAID information is available\n"
        "-----------------------------------------------------------------------\n"
        "Physical device information\n"
        "-----------------------------------------------------------------------\n"
        "Number of Disks   : 1\nHard Disk #1\nSize (in GB)      : 110\n\n"
        "Partition Details :\n\nDisk /dev/sda: 14359 cylinders, 255 heads, 63 sectors/track\n"
        "Units: sectors of 512 bytes, counting from 0\n\n",
    ),
    "logins.line": invented(
        "{account:<8} pts/0        {since}\n",
        "CLI15 has the command, no source its reply; as last of Linux prints it",
    ),
    "csr": known(
        "CLI 12.5",
        "-----BEGIN CERTIFICATE SIGN REQUEST-----\n{base64}\n-----END CERTIFICATE SIGN REQUEST-----\n",
    ),
    "csr.none": invented("Certificate Sign Request {name} not found\n", "as certificate.none"),
    "version.no_options": known("PCCE 15 guide, CTMCP", "No Installed Software Options Found.\n"),
    "version.option": invented("{name}\n", "that each option is a line with its name alone is not public"),
    "myself": invented(
        "Machine Name    : {node}\naccount name    : {account}\nprivilege level : {privilege}\n"
        "command count   : {commands}\n",
        "the body of show myself is not public",
    ),
    "ntp.synchronised": known(
        "TN215013",
        "ntpd (pid {pid}) is running...\n\n"
        "     remote           refid      st t when poll reach   delay   offset  jitter\n"
        "==============================================================================\n"
        "*{server:<15} {refid:<15} 2 u  {when:>3} 1024  377    0.512    0.031   0.012\n\n\n"
        "synchronised to NTP server ({server}) at stratum {stratum}\n"
        "   time correct to within 23 ms\n   polling server every 1024 s\n",
    ),
    "ntp.unsynchronised": known(
        "TN215537, TN118718",
        "ntpd (pid {pid}) is running...\n\n"
        "     remote           refid      st t when poll reach   delay   offset  jitter\n"
        "==============================================================================\n"
        " {server:<15} .INIT.          16 u    - 1024    0    0.000    0.000   0.000\n\n\n"
        "unsynchronised\n   polling server every 64 s\n",
    ),
    "upgrade.none": invented("No upgrade is in progress.\n"),
    "upgrade.running": invented("Upgrade is in progress.\n"),
    "upgrade.failed": known(
        "TN226218",
        "An error has occured but no messages on the upgrade failure are available . "
        "Please review the install logs for additional details.\n\nUpgrade status: Failed\n"
        "Upgrade file: {file}\nUpgrade log: {log}\n",
    ),
    "backup.none": known("CLI15", "drfCliMsg:  No history data is available\n"),
    "backup.master_unreachable": known(
        "CLI15",
        "Unable to connect to Master Agent host: {host}, Port: 4040. "
        "This may be due to Master or Local Agent being down.\n",
    ),
    "backup.row": known("CLI15", "{stamp}.tar NETWORK {completed} {status} {kind} {features}\n"),
    "fips.disabled": invented(
        "The system is not operating in FIPS mode.\n", "made after the sentence of a system in FIPS mode"
    ),
    "fips.enabled": known(
        "FIPS15",
        "The system is operating in FIPS mode. Self test status:\n"
        "- S T A R T ---------------------\nExecuting FIPS selftests\nrunlevel is graphical.target\n"
        "Start time: {time}\nNSS self tests passed.\nKernel Crypto tests passed.\n"
        "Operating System OpenSSL self tests passed.\nStrongswan self tests passed.\nOpenSSL self tests passed.\n"
        "CryptoJ self tests passed.\nBCFIPS self tests passed.\nKFOM self tests passed.\n",
    ),
    "account_locking": known(
        "CLI15, and its edition for 12.5(1)SU3",
        "Account Lockout is enabled\nUnlock Time : {unlock} seconds\nRetry Count : {retries} attempts\n",
    ),
    "account_locking.disabled": invented(
        "Account Lockout is disabled\n", "the reply with the lock-out switched off is not public"
    ),
    "account.line": invented("{account}  {privilege}\n", "CLI15 has the command, no source its reply"),
    "password.age": invented("Password age: {value} days\n", "CLI15 has the command, no source its reply"),
    "password.age.disabled": invented(
        "Password age is disabled.\n", "CLI15 has the command, no source its reply"
    ),
    "password.inactivity": invented(
        "Password inactivity: enabled, {value} days\n", "CLI15 has the command, no source its reply"
    ),
    "password.inactivity.disabled": invented(
        "Password inactivity: disabled\n", "CLI15 has the command, no source its reply"
    ),
    "password.history": invented("Password history: {value}\n", "CLI15 has the command, no source its reply"),
    "password.history.disabled": invented(
        "Password history: disabled\n", "CLI15 has the command, no source its reply"
    ),
    "password.maximum_age": invented(
        "Maximum password age: enabled, {value} days\n", "CLI15 has the command, no source its reply"
    ),
    "password.maximum_age.disabled": invented(
        "Maximum password age: disabled\n", "CLI15 has the command, no source its reply"
    ),
    "password.minimum_age": invented(
        "Minimum password age: enabled, {value} days\n", "CLI15 has the command, no source its reply"
    ),
    "password.minimum_age.disabled": invented(
        "Minimum password age: disabled\n", "CLI15 has the command, no source its reply"
    ),
    "password.characters": invented(
        "Password complexity: enabled, {value} of each kind of character\n",
        "CLI15 has the command, no source its reply",
    ),
    "password.characters.disabled": invented(
        "Password complexity: disabled\n", "CLI15 has the command, no source its reply"
    ),
    "password.length": invented(
        "Minimum password length: {value}\n", "CLI15 has the command, no source its reply"
    ),
    "password.length.disabled": invented(
        "Minimum password length: disabled\n", "CLI15 has the command, no source its reply"
    ),
    "remote_account.status": known(
        "UCCX and VVB administration guides, same platform",
        "Remote Support\nStatus         : {state}\nDecode Version : 2\n",
    ),
    "os_security.status": known(
        "public capture of UCCX, same platform",
        "OS Security status:             enabled\nCurrent mode:                   {mode}\n",
    ),
    "session_timeout.webapp": invented(
        "Webapp session timeout is {minutes} minutes.\n", "CLI15 has the command, no source its reply"
    ),
    "session_timeout.cli": invented(
        "CLI session timeout is {minutes} minutes.\n", "CLI15 has the command, no source its reply"
    ),
    "haproxy.client_auth": known(
        "CLI15", "Client authentication on the port {port} is currently set to {state}.\n"
    ),
    "haproxy.bad_port": known(
        "CLI15", "Enter valid values for the port. \nSuggested values are 6971, 6972 and 9443\n"
    ),
    "csr.line": known("CLI15", "{unit}/{unit}.csr\n"),
    "session_maxlimit": invented("Current session limit: {limit}\n", "the reply's words are not public"),
    "tls.min_version": known("CIPH15", "Configured TLS minimum version: {version}\n"),
    "replication.single": known(
        "ponchotitlan/ansible_cucm_ssh_module",
        "Runtime state cannot be performed on a cluster with a single active node; aborting operation\n",
    ),
    "replication.no_database": known("ponchotitlan/ansible_cucm_ssh_module", "Cisco DB is not running\n"),
    "license.publisher_only": invented("This command can only be executed on the publisher node.\n"),
    "certificate.own": known("CTMCP", "{unit}/{unit}.pem: {description}\n"),
    "certificate.block": invented(
        "Unit: {unit}\nType: {type}\nName: {name}\nIssuer: {issuer}\nExpires: {expires}\n\n",
        "CTMCP names the fields of older releases; their layout and order are not public",
    ),
    "certificate.self_signed": known("CTMCP", "Self-signed certificate generated by system"),
    "certificate.signed": known("CTMCP", "Certificate Signed by {issuer}"),
    "certificate.trust": invented(
        "{unit}/{name}: {description}\n",
        "one line each is [C] wire-facts 8 (release 15); its words are not public",
    ),
    "certificate.trust_description": invented("Trust Certificate", "as certificate.trust"),
    "certificate.none": invented("Certificate {name} not found\n"),
    "open_ports.executing": known("public capture of 10.5", "Executing.. please wait.\n"),
    "open_ports.line": invented(
        "{process:<9} {pid:<5} {owner:>10} {file:>5}  IPv4 {device:>8}      0t0  {protocol} {node}:{port}{state}\n",
        "the columns are those of a public capture of 10.5 (established connections of dbmon); processes, owners "
        "and numbers of listening ones are not public",
    ),
    "open_ports.none": invented("No open ports match.\n"),
    # show license (release 12.0's smart agent)
    "license.title": known("TN212883", "Smart Licensing Status\n=======================\n"),
    "license.enabled": known("TN212883", "Smart Licensing is {state}\n \nRegistration:\n"),
    "license.status": known("TN212883", "  Status: {status}{since}\n"),
    "license.since": known("TN212883", " on {date}"),
    "license.accounts": known("TN212883", "  Smart Account: {smart}\n  Virtual Account: {virtual}\n"),
    "license.export": known("TN212883", "  Export-Controlled Functionality: {export}\n"),
    "license.initial": known("TN212883", "  Initial Registration: SUCCEEDED on {date}\n"),
    "license.renewal": known("TN212883", "  Last Renewal Attempt: None\n  Next Renewal Attempt: {date}\n"),
    "license.expires": known("TN212883", "  Registration Expires: {date}\n"),
    "license.authorization": known("TN212883", " \nLicense Authorization:\n"),
    "license.evaluation": known("TN212883", " \nEvaluation Period:\n"),
    "license.evaluation.not_in_use": known("TN212883", "  Evaluation Mode: Not In Use\n"),
    "license.evaluation.in_use": invented(
        "  Evaluation Mode: In Use\n"
        "  Evaluation Period Remaining: {days} days {hours} hr {minutes} min {seconds} sec\n",
        "the form is that of another appliance with the same agent",
    ),
    "license.usage": known("TN212883", " \nLicense Usage\n=============\n"),
    "license.usage.none": invented("No licenses in use\n", "the public transcript leaves this part out"),
    "license.product": known(
        "TN212883",
        " \nProduct Information\n===================\nUDI: PID:UCM,SN:{serial},UUID:{uuid}\n",
    ),
    "license.agent": known("TN212883", " \nAgent Version\n=============\nSmart Agent for Licensing: 1.3.4\n"),
    # show status
    "status": known(
        "TN200581 (10.0.1): the layout; the figures are this lab's",
        "\nHost Name          : {node}\nDate               : {date}\nTime Zone          : {zone}\n"
        "Locale             : en_US.UTF-8\nProduct Ver        : {version}\n"
        "Unified OS Version : 7.0.0.0-4\n\n"
        "Uptime:\n {time} {uptime},  1 user,  load average: 0.34, 0.41, 0.40\n\n"
        "CPU Idle:   94.10%  System:   02.20%    User:   03.60%\n"
        "  IOWAIT:   00.10%     IRQ:   00.00%    Soft:   00.00%\n\n"
        "Memory Total:        8009704K\n        Free:         342412K\n        Used:        5671520K\n"
        "      Cached:        1842312K\n      Shared:         498112K\n     Buffers:         153460K\n\n"
        "                        Total            Free            Used\n"
        "Disk/active         14154228K         1402372K        12608044K (90%)\n"
        "Disk/inactive       14154228K         1418744K        12591672K (90%)\n"
        "Disk/logging        47929224K        36741200K         8746660K (20%)\n",
    ),
    "status.uptime": invented("up {days} days, {hours:>2}:{minutes:02}", "as status"),
    # show network cluster
    "network.itself": known(
        "CTMCP (15)", "{address} {name} {node} {role} {product} {database} authenticated\n"
    ),
    "network.authenticated": known(
        "TN221069 (9.1), CTMCP (15), TN215013",
        "{address} {name} {node} {role} {product} {database} authenticated using TCP since {since}\n",
    ),
    "network.not_authenticated": known(
        "TN221069 (9.1)", "{address} {node} {role} not authenticated - INITIATOR since {since}\n"
    ),
    "network.table": known(
        "CTMCP (15)", "\nServer Table (processnode) Entries\n----------------------------------\n"
    ),
    # utils dbreplication runtimestate
    "replication.head": known(
        "pcdadmin 12.5.1 guide, release 15",
        "Server Time: {now}\n\nCluster Replication State: BROADCAST SYNC ended at: {ended}\n"
        "     Sync Result: SYNC COMPLETED on {tables} tables out of {tables}\n"
        "     Sync Status: {status}\n"
        "     Use CLI to see detail: 'file view activelog cm/trace/dbl/"
        "{log}_dbl_repl_output_Broadcast.log'\n\n"
        "DB Version: {version}\n\nRepltimeout set to: 300s\nPROCESS option set to: 1\n\n"
        "Cluster Detailed View from {node} ({count} Servers):\n\n"
        "                                           PING      DB/RPC/   REPL.    Replication    "
        "REPLICATION SETUP\n"
        "SERVER-NAME              IP ADDRESS        (msec)    DbMon?    QUEUE    Group ID       "
        "(RTMT) & Details\n"
        "-----------              ----------        ------    -------   -----    -----------    "
        "------------------\n",
    ),
    "replication.in_sync": known("pcdadmin 12.5.1 guide, release 15", "All Tables are in sync"),
    "replication.mismatch": invented(
        "Errors or Mismatches were found!!!", "its good twin, No Errors or Mismatches found, is [V] TN215013"
    ),
    "replication.row": known(
        "pcdadmin 12.5.1 guide, release 15",
        "{node:<24} {address:<17} {ping:<9} {checks:<9} {queue:<8} {group:<14} ({state}) {text}\n",
    ),
    "replication.state.0": invented(
        "Initialization State", "[P] the number's meaning is known, its words are not"
    ),
    "replication.state.1": invented(
        "Number of Replicates not correct", "[P] the number's meaning is known, its words are not"
    ),
    "replication.state.2": known("pcdadmin 12.5.1 guide, release 15", "Setup Completed"),
    "replication.state.3": known("public capture of 10.5.2 (2019)", "Out Of Sync"),
    "replication.state.4": invented("Setup Failed", "[P] the number's meaning is known, its words are not"),
    "replication.down": invented("DB Down"),
    # show cert own
    "certificate.text": invented(
        "[\n  Version: V3\n  Serial Number: {serial}\n  SignatureAlgorithm: {algorithm}\n"
        "  Issuer Name: {issuer}\n  Validity From: {start}\n           To:   {end}\n"
        "  Subject Name: {subject}\n  Key: {public_key}\n]\n\n{pem}",
        "CTMCP knows the line Validity From and that a PEM block ends it; the frame is this lab's",
    ),
    "certificate.key": invented("{kind} ({bits} bit)", "as certificate.text"),
    # The dump of a trust list
    "trust_list.columns": known("TN118893", "BYTEPOS\tTAG\t\tLENGTH\tVALUE\n-------\t---\t\t------\t-----\n"),
    "trust_list.version": known("TN118893", "Version:\t{version}\nHeaderLength:\t{length} (BYTES)\n\n"),
    "trust_list.element": known("TN118893", "{tag}\t{name}{tab}{length}{value}\n"),
    "trust_list.record": known("TN118893", "\n\t{list} Record #:{number}\n\t  ----\n"),
    "trust_list.certificate": known("TN118893", "{sha1} (SHA1 Hash HEX)"),
    "service.platform_services": invented(
        "System SSH\nCluster Manager\nName Service Cache\nEntropy Monitoring Daemon\nCisco SCSI Watchdog\n"
        "Service Manager",
        "VVB ops guide has the first three; which a CUCM node lists is not public",
    ),
}
