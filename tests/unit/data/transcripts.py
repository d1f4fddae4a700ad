# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nodes are known to print, word for word, with the source's key (TN118893 and so on). Names and hex are shortened."""

from __future__ import annotations

# UNICON mock and COPINST: login. CTMCP: the raw bytes around the first prompt, which is printed twice.
STARTUP = (
    b"Command Line Interface is starting up, please wait ...\r\n\r\n"
    b"   Welcome to the Platform Command Line Interface\r\n\r\nVMware Installation:\r\n"
    b"\t2 vCPU: Intel(R) Xeon(R) CPU E7- 2830  @ 2.13GHz\r\n\tDisk 1: 146GB, Partitions aligned\r\n"
    b"\t8192 Mbytes RAM\r\n        WARNING: DNS unreachable\r\n\r\nadmin:\r\n\radmin:"
)
STARTUP_LINES = [
    "Command Line Interface is starting up, please wait ...",
    "",
    "   Welcome to the Platform Command Line Interface",
    "",
    "VMware Installation:",
    "        2 vCPU: Intel(R) Xeon(R) CPU E7- 2830  @ 2.13GHz",
    "        Disk 1: 146GB, Partitions aligned",
    "        8192 Mbytes RAM",
    "        WARNING: DNS unreachable",
    "",
    "admin:",
]

# CVP: newer wording with auto-registration on; the answer is typed behind the question.
MIXED_MODE = (
    b"admin:utils ctl set-cluster mixed-mode\r\n"
    b"This operation will set the cluster to Mixed mode.  Auto-registration is enabled on at least one CM node. "
    b"Do you want to continue? (y/n): y\r\nMoving Cluster to Mixed Mode\r\nCluster set to Mixed Mode\r\n"
    b"You must reset all phones to ensure they received the updated CTL file. \r\n"
    b"You must restart Cisco CTIManager services on all the nodes in the cluster that have the service activated.\r\n"
    b"admin:"
)
MIXED_MODE_LINES = [
    "admin:utils ctl set-cluster mixed-mode",
    "This operation will set the cluster to Mixed mode.  Auto-registration is enabled on at least one CM node. "
    "Do you want to continue? (y/n): y",
    "Moving Cluster to Mixed Mode",
    "Cluster set to Mixed Mode",
    "You must reset all phones to ensure they received the updated CTL file.",
    "You must restart Cisco CTIManager services on all the nodes in the cluster that have the service activated.",
]

# UNICON: both pagers; the first one is wiped after a key. The prompt follows an erase-line, not a line end.
PAGED = (
    b"admin:show version active\r\nline one\r\n"
    b"\x1b[1mPress <enter> for 1 line, <space> for one page, or <q> to quit\x1b[0m\x1b[K\r\x1b[K"
    b"line two\r\n\x1b[0m\x1b[24;1Hadmin:"
)
PAGED_LINES = ["admin:show version active", "line one", "line two"]

# CCX and Finesse captures, VVB guide: a status that is written over, and backspaces.
REWRITTEN = (
    b"admin:utils serx\b \bvice restart Cisco Tftp\r\n"
    b"Cisco Tftp[STOPPING]  \rCisco Tftp[STARTING]  \rCisco Tftp[STARTED]   \r\n\x1b]0;cucm\x07admin:"
)
REWRITTEN_LINES = ["admin:utils service restart Cisco Tftp", "Cisco Tftp[STARTED]"]

# TN118893: the node has no file.
NO_CTL = """\
Length of CTL file: 0
CTL File not found. Please run CTLClient plugin or run the CLI - utils ctl.. to generate the CTL file.
Error parsing the CTL File.
"""

# TN118893 and TN118892: header, a signing token, a server with and without its certificate, CAPF.
CTL_HEADER = """\
The checksum value of the CTL file:
0C05655de63fe2a042cf252d96c6d609(MD5)
8C92d1a569f7263cf4485812366e66e3b503a2f5(SHA1)

Length of CTL file: 4947
The CTL File was last modified on Fri Mar 06 19:45:13 CET 2015

\tParse CTL File
\t----------------

Version:\t1.2
HeaderLength:\t336 (BYTES)

BYTEPOS\tTAG\t\tLENGTH\tVALUE
-------\t---\t\t------\t-----
3\tSIGNERID\t2\t149
4\tSIGNERNAME\t62\tCN=cucm-1051-a-pub;OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL
5\tSERIALNUMBER\t16\t70:CA:F6:4E:09:07:51:B9:DF:22:F4:9F:75:4F:C5:BB
6\tCANAME\t\t62\tCN=cucm-1051-a-pub;OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL
7\tSIGNATUREINFO\t2\t15
8\tDIGESTALGORTITHM\t1
9\tSIGNATUREALGOINFO\t2\t8
10\tSIGNATUREALGORTITHM\t1
11\tSIGNATUREMODULUS\t1
12\tSIGNATURE\t128
\t65  ba  26  b4  ba  de  2b  13
14\tFILENAME\t12
15\tTIMESTAMP\t4
"""
CTL_VERIFIED = "The CTL file was verified successfully.\n"


def ctl_record(
    number: int, name: str, function: str, *, certificate: bool = True, signer: bool | None = None
) -> str:
    """Return one record as the dump shows it; ``signer`` adds the sentence about the token."""
    head = (
        f"\n\tCTL Record #:{number}\n\t  ----\nBYTEPOS\tTAG\t\tLENGTH\tVALUE\n-------\t---\t\t------\t-----\n"
    )
    if certificate:
        rows = (
            f"1\tRECORDLENGTH\t2\t1156\n2\tDNSNAME\t\t16\t{name}\n3\tSUBJECTNAME\t62\tCN={name}\n"
            f"4\tFUNCTION\t2\t{function}\n5\tISSUERNAME\t62\tCN={name}\n6\tSERIALNUMBER\t16\t70:CA:F6:0{number}\n"
            "7\tPUBLICKEY\t140\n8\tSIGNATURE\t128\n9\tCERTIFICATE\t694\tE9 D4 33 64 (SHA1 Hash HEX)\n10\tIPADDRESS\t4\n"
        )
    else:
        rows = f"1\tRECORDLENGTH\t2\t33\n2\tDNSNAME\t\t16\t{name}\n4\tFUNCTION\t2\t{function}\n10\tIPADDRESS\t4\n"
    said = {
        None: "",
        True: "This etoken was used to sign the CTL file.\n",
        False: "This etoken was not used to sign the CTL file.\n",
    }
    return head + rows + said[signer]


TOKEN, SERVER, CAPF = "System Administrator Security Token", "CCM+TFTP", "CAPF"
CTL_MIXED = (
    CTL_HEADER
    + ctl_record(1, "cucm-1051-a-pub", TOKEN, signer=True)
    + ctl_record(2, "cucm-1051-a-pub", SERVER)
    + ctl_record(3, "cucm-1051-a-pub", CAPF)
    + ctl_record(4, "cucm-1051-a-sub1", SERVER)
    + ctl_record(5, "itlrecovery", TOKEN, signer=False)
    + "\n"
    + CTL_VERIFIED
)
# TN118892: after going back to non-secure the records of servers are stripped, and it still verifies.
CTL_STRIPPED = (
    CTL_HEADER
    + ctl_record(1, "cucm-1051-a-pub", TOKEN, signer=True)
    + ctl_record(2, "cucm-1051-a-pub", SERVER, certificate=False)
    + ctl_record(3, "cucm-1051-a-sub1", SERVER, certificate=False)
    + "\n"
    + CTL_VERIFIED
)
