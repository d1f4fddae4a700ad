#!/bin/sh
# Copyright (c) 2026, ucops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Saves the answers of a CUCM cluster that ucops.cucm reads in place of the cluster: see README.md beside this file.
# Needs a POSIX shell with its usual tools, and curl. It only reads: every request it can send is written out below.

set -eu
umask 077

usage() {
    cat <<'EOF'
usage: collect.sh -u USER|-n NETRC [-c CA.pem] [-p PORT] -o DIRECTORY PUBLISHER[:PORT] [NODE[=ADDRESS[:PORT]]...]

  -u USER       AXL account; its password is read from standard input, without being shown
  -n NETRC      file with account and password in curl's .netrc format, in place of -u
  -c CA.pem     certificates of the CA that signed the nodes' Tomcat certificates, or these themselves
  -k            verify no certificate: the password goes to whoever answers at the address
  -p PORT       port of the nodes' web server (8443)
  -o DIRECTORY  where the answers are saved

PUBLISHER is the publisher's address. The nodes are those the cluster lists, reached by the names it lists them by,
unless they are given: NODE is the name as the cluster lists it, ADDRESS where it is reached.

Ends with 0 when everything was saved, 1 when something was not (it says what), 2 when it was called wrongly, 3 when the
password was refused: that ends it at once, because three refusals lock the account.
EOF
}

wrong() {
    printf 'collect.sh: %s\n' "$1" >&2
    usage >&2
    exit 2
}

say() {
    printf '%s\n' "$1" >&2
}

user='' netrc='' ca='' verify=yes port=8443 directory=''
while getopts u:n:c:kp:o:h option; do
    case $option in
    u) user=$OPTARG ;;
    n) netrc=$OPTARG ;;
    c) ca=$OPTARG ;;
    k) verify=no ;;
    p) port=$OPTARG ;;
    o) directory=$OPTARG ;;
    h) usage && exit 0 ;;
    *) usage >&2 && exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ -n "$directory" ] || wrong 'say with -o where the answers are saved'
[ $# -gt 0 ] || wrong "say what the publisher's address is"
[ -n "$user$netrc" ] || wrong 'say with -u or -n who asks'
[ -z "$user" ] || [ -z "$netrc" ] || wrong 'give one of -u and -n'
publisher=$1
shift

# --- asking --------------------------------------------------------------------------------------------------------------------

# Prints a text as curl wants it between quotes in a file of options.
escaped() {
    sed 's/[\\"]/\\&/g' <<EOF
$1
EOF
}

password() {
    if [ -t 0 ]; then
        printf 'Password of %s: ' "$user" >&2
        trap 'stty echo; exit 130' INT TERM
        stty -echo
        IFS= read -r secret || true
        stty echo
        trap - INT TERM
        say ''
    else
        IFS= read -r secret || true
    fi
    [ -n "$secret" ] || wrong 'there is no password'
}

# What curl must not be given on its command line, where everybody on this machine could see it.
credential=''
if [ -n "$user" ]; then
    password
    credential="user = \"$(escaped "$user:$secret")\""
    secret=''
else
    [ -r "$netrc" ] || wrong "$netrc cannot be read"
    credential="netrc-file = \"$(escaped "$netrc")\""
fi
trust=''
if [ "$verify" = no ]; then
    say 'collect.sh: certificates are not verified; the password goes to whoever answers.'
    trust=insecure
elif [ -n "$ca" ]; then
    [ -r "$ca" ] || wrong "$ca cannot be read"
    trust="cacert = \"$(escaped "$ca")\""
fi

mkdir -p "$directory/axl" "$directory/sql" "$directory/nodes"
request=$directory/.request answer=$directory/.answer
names=$directory/.names
trap 'rm -f "$request" "$answer" "$names"' EXIT
return_key=$(printf '\r')
missing=0 version=12.5 release='' status=''

# ask FILE ADDRESS PATH ACTION: sends the body on standard input, and saves what comes back with its header, without cookies.
# Returns 1 when nothing was saved; the HTTP status is in $status then, 000 without an answer.
ask() {
    sed "s/@VERSION@/$version/g" >"$request"
    # An answer of an earlier time does not stand for one that does not come.
    rm -f "$directory/$1"
    status=000
    case $2 in
    *[!A-Za-z0-9._:\[\]-]*)
        say "'$2' is no address."
        return 1
        ;;
    *\]) url=https://$2:$port$3 ;;
    *:*) url=https://$2$3 ;;
    *) url=https://$2:$port$3 ;;
    esac
    status=$(
        curl -q --config - --silent --show-error --include --noproxy '*' --proto '=https' --globoff \
            --connect-timeout 30 --max-time 120 \
            --header 'Content-Type: text/xml; charset=utf-8' --header 'Accept: text/xml' --header 'Expect:' \
            --header "SOAPAction: \"$4\"" --data-binary "@$request" \
            --output "$answer" --write-out '%{http_code}' "$url" <<EOF
$credential
$trust
EOF
    ) || status=000
    if [ "$status" = 401 ]; then
        say "$2 refused the password (401). It was not sent again; three refusals lock the account."
        exit 3
    fi
    if [ "$status" = 000 ] || [ "$status" = 503 ] || ! grep -q Envelope "$answer"; then
        return 1
    fi
    without_cookies="1,/^$return_key*\$/{/^[Ss][Ee][Tt]-[Cc][Oo][Oo][Kk][Ii][Ee]:/d;}"
    if ! LC_ALL=C sed "$without_cookies" "$answer" >"$directory/$1"; then
        rm -f "$directory/$1"
        return 1
    fi
    say "$1"
}

not_saved() {
    missing=$((missing + 1))
    say "$1: NOT SAVED (HTTP $status)"
}

# axl FILE OPERATION: the body is on standard input.
axl() {
    ask "$1" "$publisher" /axl/ "CUCM:DB ver=$version $2" || not_saved "$1"
}

# Prints what the answer in a file has in elements of this name, one a line.
values() {
    tr -d '\r\n' <"$directory/$1" | tr '<' '\n' | sed -n "s/^$2>//p"
}

# Prints the names of Unified CM nodes.
listed_nodes() {
    tr -d '\r\n' <"$directory/sql/nodes.xml" | tr '<' '\n' | awk '
        /^name>/ { name = substr($0, 6) }
        /^tkprocessnoderole>/ { role = substr($0, 19) }
        /^\/row>/ { if (role == "1" && name != "EnterpriseWideData") print name; name = role = "" }'
}

# Prints a name as a file may be called: what is neither a letter nor a digit nor one of ._~- as % and two digits.
quoted() {
    LC_ALL=C awk '
        BEGIN { for (code = 1; code < 256; code++) number[sprintf("%c", code)] = code }
        {
            for (at = 1; at <= length($0); at++) {
                sign = substr($0, at, 1)
                if (sign ~ /[A-Za-z0-9._~-]/) printf "%s", sign
                else printf "%%%02X", number[sign]
            }
        }' <<EOF
$1
EOF
}

unescaped() {
    sed "s/&lt;/</g; s/&gt;/>/g; s/&quot;/\"/g; s/&apos;/'/g; s/&amp;/\&/g" <<EOF
$1
EOF
}

# --- what is asked: from here to the end mark written by tools/offline_requests.py from the collection's own code -----------------

versions='12.5 15.0 14.0 12.0 11.5 11.0'

ask_version() {
    ask axl/getCCMVersion.xml "$publisher" /axl/ "CUCM:DB ver=$version getCCMVersion" <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:getCCMVersion xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"></ns:getCCMVersion></soapenv:Body></soapenv:Envelope>
BODY
}

ask_publisher() {
    axl sql/nodes.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select processnode.pkid as pkid,processnode.name as name,cast(processnode.tknodeusage as varchar(12)) as tknodeusage,cast(processnode.tkprocessnoderole as varchar(12)) as tkprocessnoderole from processnode</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/modes.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select processconfig.paramname as paramname,processconfig.paramvalue as paramvalue from processconfig where paramname in ('ClusterSecurityMode','ClusterSIPOAuthMode','RollBackToPreGrayback','ResetPhonesOnCertChange')</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/parameters.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select processconfig.paramname as paramname,processconfig.paramvalue as paramvalue from processconfig where lower(paramname) like '%oauth%' or lower(paramname) like '%tokenexpirytimer'</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/services.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select processnode.name as node,typeservice.name as service,case when processnodeservice.isactive='t' then 't' else 'f' end as isactive from processnodeservice inner join processnode on processnodeservice.fkprocessnode=processnode.pkid inner join typeservice on processnodeservice.tkservice=typeservice.enum</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/callmanagers.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select callmanager.name as name,processnode.name as node from callmanager inner join processnode on callmanager.fkprocessnode=processnode.pkid</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/callmanager_groups.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select callmanagergroup.name as name,nvl(processnode.name,'') as node,nvl(cast(callmanagergroupmember.priority as varchar(12)),'') as priority from callmanagergroup left outer join callmanagergroupmember on callmanagergroupmember.fkcallmanagergroup=callmanagergroup.pkid left outer join callmanager on callmanagergroupmember.fkcallmanager=callmanager.pkid left outer join processnode on callmanager.fkprocessnode=processnode.pkid</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/callmanager_groups.phones.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select callmanagergroup.name as name,cast(count(device.pkid) as varchar(12)) as phones from device inner join devicepool on device.fkdevicepool=devicepool.pkid inner join callmanagergroup on devicepool.fkcallmanagergroup=callmanagergroup.pkid where device.tkclass=1 group by 1</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/security_profiles.usage.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select securityprofile.name as name,case when securityprofile.isstandard='t' then 't' else 'f' end as isstandard,cast(count(device.pkid) as varchar(12)) as phones from securityprofile left outer join device on device.fksecurityprofile=securityprofile.pkid where securityprofile.tksecuritypolicy not in (1,8) group by 1,2</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/sip_trunks.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select securityprofile.name as name,nvl(typedevicesecuritymode.name,'')||'|'||nvl(incoming.name,'')||'|'||nvl(outgoing.name,'') as words,case when securityprofile.digestauthall='t' then 't' else 'f' end as digest_authentication,cast(count(device.pkid) as varchar(12)) as trunks from securityprofile left outer join device on device.fksecurityprofile=securityprofile.pkid left outer join typedevicesecuritymode on securityprofile.tkdevicesecuritymode=typedevicesecuritymode.enum left outer join typetransport as incoming on securityprofile.tktransport=incoming.enum left outer join typetransport as outgoing on securityprofile.tktransport_out=outgoing.enum where securityprofile.tksecuritypolicy in (1,8) group by 1,2,3</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/sip_trunks.media.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select securityprofile.name as name,case when nvl(securityprofile.x509subjectname,'')='' then 'f' else 't' end as peer_named,cast(count(device.pkid) as varchar(12)) as trunks,cast(sum(case when device.srtpallowed='t' then 1 else 0 end) as varchar(12)) as srtp_allowed from securityprofile left outer join device on device.fksecurityprofile=securityprofile.pkid where securityprofile.tksecuritypolicy in (1,8) group by 1,2</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/integrations.voicemail_pilots.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select voicemessagingpilot.directorynumber as pilot from voicemessagingpilot</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/integrations.voicemail_ports.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select cast(device.tkclass as varchar(12)) as device_class,cast(count(device.pkid) as varchar(12)) as devices from device where device.tkclass=8 group by 1</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/integrations.conference_bridges.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select nvl(securityprofile.name,'') as profile,cast(count(device.pkid) as varchar(12)) as devices from device left outer join securityprofile on device.fksecurityprofile=securityprofile.pkid where device.tkclass=4 group by 1</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/integrations.gateways.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select cast(device.tkclass as varchar(12)) as device_class,cast(count(device.pkid) as varchar(12)) as devices from device where device.tkclass=2 group by 1</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/integrations.secure_cti_users.applicationuser.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select dirgroup.name as group_name,cast(count(applicationuserdirgroupmap.fkapplicationuser) as varchar(12)) as members from dirgroup left outer join applicationuserdirgroupmap on applicationuserdirgroupmap.fkdirgroup=dirgroup.pkid where dirgroup.name='Standard CTI Secure Connection' group by 1</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/integrations.secure_cti_users.enduser.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select dirgroup.name as group_name,cast(count(enduserdirgroupmap.fkenduser) as varchar(12)) as members from dirgroup left outer join enduserdirgroupmap on enduserdirgroupmap.fkdirgroup=dirgroup.pkid where dirgroup.name='Standard CTI Secure Connection' group by 1</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/logins.sso.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select processnode.name as node,cast(processnode.tkssomode as varchar(12)) as mode from processnode where processnode.tkprocessnoderole=1 and processnode.name&lt;&gt;'EnterpriseWideData'</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    axl sql/logins.ldap.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select ldapauthenticationhost.hostname as host,cast(ldapauthenticationhost.portnumber as varchar(12)) as port,case when ldapauthenticationhost.sslenabled='t' then 't' else 'f' end as encrypted from ldapauthenticationhost</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    case $release in
    11.* | 12.0.*)
    axl sql/phone_profiles.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select securityprofile.name as name,nvl(case when securityprofile.isstandard='t' then 't' else 'f' end,'')||'|'||nvl(case when securityprofile.tftpencryptedflag='t' then 't' else 'f' end,'')||'|'||nvl(case when securityprofile.digestauthall='t' then 't' else 'f' end,'') as flags,nvl(typedevicesecuritymode.name,'')||'|'||nvl(typetransport.name,'')||'|'||nvl(typeauthenticationmode.name,'')||'|'||nvl(typekeyorder.name,'')||'|'||nvl(typekeysize.name,'')||'|'||nvl(typecertificatestatus.name,'')||'|'||nvl(typemodel.name,'') as words,cast(count(device.pkid) as varchar(12)) as phones,cast(count(device.publickey) as varchar(12)) as installed from securityprofile left outer join device on device.fksecurityprofile=securityprofile.pkid and device.tkclass=1 left outer join typedevicesecuritymode on securityprofile.tkdevicesecuritymode=typedevicesecuritymode.enum left outer join typetransport on securityprofile.tktransport=typetransport.enum left outer join typeauthenticationmode on securityprofile.tkauthenticationmode=typeauthenticationmode.enum left outer join typekeyorder on securityprofile.tkkeyorder=typekeyorder.enum left outer join typekeysize on securityprofile.tkkeysize=typekeysize.enum left outer join typecertificatestatus on device.tkcertificatestatus=typecertificatestatus.enum left outer join typemodel on device.tkmodel=typemodel.enum where securityprofile.tksecuritypolicy not in (1,8) and (securityprofile.isstandard='f' or device.pkid is not null) group by 1,2,3</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    ;;
    *)
    axl sql/phone_profiles.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select securityprofile.name as name,nvl(case when securityprofile.isstandard='t' then 't' else 'f' end,'')||'|'||nvl(case when securityprofile.tftpencryptedflag='t' then 't' else 'f' end,'')||'|'||nvl(case when securityprofile.digestauthall='t' then 't' else 'f' end,'')||'|'||nvl(case when securityprofile.sipoauthflag='t' then 't' else 'f' end,'') as flags,nvl(typedevicesecuritymode.name,'')||'|'||nvl(typetransport.name,'')||'|'||nvl(typeauthenticationmode.name,'')||'|'||nvl(typekeyorder.name,'')||'|'||nvl(typekeysize.name,'')||'|'||nvl(typecertificatestatus.name,'')||'|'||nvl(typemodel.name,'') as words,cast(count(device.pkid) as varchar(12)) as phones,cast(count(device.publickey) as varchar(12)) as installed from securityprofile left outer join device on device.fksecurityprofile=securityprofile.pkid and device.tkclass=1 left outer join typedevicesecuritymode on securityprofile.tkdevicesecuritymode=typedevicesecuritymode.enum left outer join typetransport on securityprofile.tktransport=typetransport.enum left outer join typeauthenticationmode on securityprofile.tkauthenticationmode=typeauthenticationmode.enum left outer join typekeyorder on securityprofile.tkkeyorder=typekeyorder.enum left outer join typekeysize on securityprofile.tkkeysize=typekeysize.enum left outer join typecertificatestatus on device.tkcertificatestatus=typecertificatestatus.enum left outer join typemodel on device.tkmodel=typemodel.enum where securityprofile.tksecuritypolicy not in (1,8) and (securityprofile.isstandard='f' or device.pkid is not null) group by 1,2,3</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
    ;;
    esac
    case $release in
    11.*)
    ;;
    *)
    axl axl/getSmartLicenseStatus.xml getSmartLicenseStatus <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:getSmartLicenseStatus xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"></ns:getSmartLicenseStatus></soapenv:Body></soapenv:Envelope>
BODY
    ;;
    esac
    case $release in
    11.*)
    ;;
    *)
    axl axl/listExpresswayCConfiguration.xml listExpresswayCConfiguration <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:listExpresswayCConfiguration xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><searchCriteria><HostNameOrIP>%</HostNameOrIP></searchCriteria><returnedTags><HostNameOrIP></HostNameOrIP><description></description><X509SubjectNameorSubjectAlternateName></X509SubjectNameorSubjectAlternateName></returnedTags></ns:listExpresswayCConfiguration></soapenv:Body></soapenv:Envelope>
BODY
    ;;
    esac
    case $release in
    11.* | 12.0.*)
    axl axl/listPhoneSecurityProfile.xml listPhoneSecurityProfile <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:listPhoneSecurityProfile xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><searchCriteria><name>%</name></searchCriteria><returnedTags><phoneType></phoneType><protocol></protocol><name></name><description></description><deviceSecurityMode></deviceSecurityMode><authenticationMode></authenticationMode><keySize></keySize><keyOrder></keyOrder><ecKeySize></ecKeySize><tftpEncryptedConfig></tftpEncryptedConfig><nonceValidityTime></nonceValidityTime><transportType></transportType><sipPhonePort></sipPhonePort><enableDigestAuthentication></enableDigestAuthentication><excludeDigestCredentials></excludeDigestCredentials></returnedTags></ns:listPhoneSecurityProfile></soapenv:Body></soapenv:Envelope>
BODY
    ;;
    *)
    axl axl/listPhoneSecurityProfile.xml listPhoneSecurityProfile <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:listPhoneSecurityProfile xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><searchCriteria><name>%</name></searchCriteria><returnedTags><phoneType></phoneType><protocol></protocol><name></name><description></description><deviceSecurityMode></deviceSecurityMode><authenticationMode></authenticationMode><keySize></keySize><keyOrder></keyOrder><ecKeySize></ecKeySize><tftpEncryptedConfig></tftpEncryptedConfig><EnableOAuthAuthentication></EnableOAuthAuthentication><nonceValidityTime></nonceValidityTime><transportType></transportType><sipPhonePort></sipPhonePort><enableDigestAuthentication></enableDigestAuthentication><excludeDigestCredentials></excludeDigestCredentials></returnedTags></ns:listPhoneSecurityProfile></soapenv:Body></soapenv:Envelope>
BODY
    ;;
    esac
    axl sql/node_certificates.xml executeSQLQuery <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:executeSQLQuery xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><sql>select certificate.servername as server,certificate.ipv4address as ipv4,certificate.ipv6address as ipv6,typecertificateservice.name as service,certificate.certificate as pem,(select count(*) from certificate) as held from certificate inner join certificateservicecertificatemap on certificateservicecertificatemap.fkcertificate=certificate.pkid inner join typecertificateservice on certificateservicecertificatemap.tkcertificateservice=typecertificateservice.enum where typecertificateservice.name not like '%-trust' or typecertificateservice.name in ('Phone-SAST-trust','Phone-Edge-trust') or (select count(*) from certificate)&lt;=500</sql></ns:executeSQLQuery></soapenv:Body></soapenv:Envelope>
BODY
}

# ask_callmanager NAME FILE: the name as XML has it.
ask_callmanager() {
    body=$(
        cat <<'BODY'
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><ns:getCallManager xmlns:ns="http://www.cisco.com/AXL/API/@VERSION@"><name>@NAME@</name></ns:getCallManager></soapenv:Body></soapenv:Envelope>
BODY
    )
    axl "$2" getCallManager <<EOF
${body%%@NAME@*}$1${body#*@NAME@}
EOF
}

# ask_node ADDRESS FILE
ask_node() {
    ask "$2" "$1" /controlcenterservice2/services/ControlCenterServices soapGetServiceStatus <<'BODY' || not_saved "$2"
<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><soap:soapGetServiceStatus xmlns:soap="http://schemas.cisco.com/ast/soap"><soap:ServiceStatus></soap:ServiceStatus></soap:soapGetServiceStatus></soapenv:Body></soapenv:Envelope>
BODY
}

commands() {
    cat <<'EOF'
Save what these commands print: the log of a node's terminal as nodes/NODE/session.txt, or what one command printed as
nodes/NODE/COMMAND.txt with _ for the command's blanks, for example nodes/NODE/show_ctl.txt.
NODE is the name the cluster lists the node by; the directories are there.

At every node, the first one first, so that no output stops at a page:
    set cli pagination off
    show ctl
    show open ports regexp LISTEN
    show status
    utils ntp status
    show cert list own
    show cert own tomcat
    show cert own tomcat-ECDSA
    show tls min-version
    show accountlocking
    show session maxlimit
    utils fips status
    utils remote_account status
    show version active

At the publisher as well:
    utils dbreplication runtimestate
    show network cluster
    utils service list
    show cert own CallManager
    show cert own TVS
    show cert own CAPF
    show cert own ITLRecovery
    show myself
    utils system upgrade status
    utils disaster_recovery history backup

At the publisher of a cluster without AXL as well:
    show license all
EOF
}

# --- the end mark; what follows is written by hand again --------------------------------------------------------------------------

# A version of the interface that the publisher does not speak is answered with HTTP 599.
for version in $versions; do
    if ask_version || [ "$status" != 599 ]; then
        break
    fi
done
if [ ! -f "$directory/axl/getCCMVersion.xml" ]; then
    say "$publisher did not answer (HTTP $status)."
    case $status in
    000) ;;
    403) say 'The account lacks a role: Standard AXL API Access, or Standard AXL API Users with Standard AXL Read Only API Access.' ;;
    *) say 'Is it the publisher, and is Cisco AXL Web Service activated there?' ;;
    esac
    exit 1
fi
release=$(values axl/getCCMVersion.xml version | head -n 1)
native=$(printf '%s\n' "$release" | cut -d . -f 1,2)
case " $versions " in
*" $native "*) version=$native ;;
esac

ask_publisher

if [ -f "$directory/sql/callmanagers.xml" ]; then
    values sql/callmanagers.xml name >"$names"
    while IFS= read -r name; do
        ask_callmanager "$name" "axl/getCallManager-$(quoted "$(unescaped "$name")").xml"
    done <"$names"
    rm -f "$names"
fi

if [ $# -eq 0 ]; then
    if [ ! -f "$directory/sql/nodes.xml" ]; then
        say 'The cluster did not list its nodes: give their names.'
        exit 1
    fi
    listed_nodes >"$names"
    while IFS= read -r name; do
        set -- "$@" "$name"
    done <"$names"
    rm -f "$names"
fi
for node in "$@"; do
    name=${node%%=*}
    folder=nodes/$(quoted "$name")
    mkdir -p "$directory/$folder"
    ask_node "${node#*=}" "$folder/services.xml"
done
commands >"$directory/COMMANDS.txt"
say "What is left is in $directory/COMMANDS.txt: what the command line of the nodes prints."
[ "$missing" -eq 0 ] || exit 1
