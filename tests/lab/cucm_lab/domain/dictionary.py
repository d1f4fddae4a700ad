# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables and columns that CUCM's database has and the lab has not, so that a question for one is not told that there is none.

Tables: [D] the database dictionaries of 6.1 to 9.1(1), [C] statements of public clients. Columns: [V] the captures of levensailor's
README. Neither list is whole.
"""

from __future__ import annotations

import re

from .informix_rules import words

_TABLES = words("""
aardialprefixmatrix aarneighborhood alarmconfig alarmmonitorcapabilities alarmusertext analogaccess analogaccessport
applicationdialrule applicationusercapfmap applicationuserdevicemap applicationusernumplanmap
appserverapplicationusermap appserverinfo availdialplan axlchangenotifyclient batfileinfo batfileinfojobmap
batinputdata batinputdatajobmap batjob batjobresults billingserver blfdirectedcallpark blfspeeddial blockingcsslookup
callerfilterlist callerfilterlistmember callforwardalloverride callforwarddynamic callforwardhistorydynamic
callingsearchspace callingsearchspacemember ccdadvertisingserviceprofile ccdhosteddn
ccdhosteddngroup ccdrequestingserviceprofile cdrmconfig certificatehashmap cmcinfo commondeviceconfig
commonphoneconfigxml componentversion credential credentialdynamic credentialhistory
credentialpolicydefault crsapplication crsuserclusterspecific datetimesetting defaults deviceaddonmodulemap
deviceemsyn devicefeaturemember devicehlogdynamic devicemobilitydynamic devicemobilitygroup devicemobilityinfo
devicenumplanmap devicenumplanmapendusermap devicenumplanmapremdestmap devicepooldevicemobilityinfomap
deviceprivacydynamic devicereset devicetftpdynamic devicexml4k devicexml8k devicexml16k dhcpserver dhcpsubnet dialplan
dialplantag dialrules digitalaccessbri digitalaccesspri digitdiscardinstruction digitdiscardinstructionmember
directorypluginconfig directorypluginhost directorypluginschedule dnddynamic drfcomponent enduserappservermap
endusercapfmap enduserdevicemap enduserlicense endusernumplanmap extensionmobilitydynamic facinfo gatekeeper
gatewaylayout geolocation geolocationfilter geolocationpolicy geolocationpolicymatrix h323device h323trunk
huntpilotqueue infrastructuredevice intercompatibility ldapauthentication ldapfilter
ldapsystemconfig licenseinfo linegroup linegroupnumplanmap location locationmatrix mediamixer mediaresourcegroup
mediaresourcegroupmember mediaresourcelist mediaresourcelistmember messagewaiting mgcp mgcpdeviceconfig
mobilityprofile mobilitysession numplan phonebutton phonetemplate physicallocation pickupgroup pickupgrouplinemap
pickupgroupmember recordingprofile refreshtokendetails regionmatrix remotecluster
remotedestination remotedestinationdynamic resourcepriority routefilter routefiltermember routegroup
routegroupdevicemap routelist routepartition sipdevice siptrunkdestination softkeytemplate speeddial
srst subscriptiondynamic telecasterservice telecastersubscribedservice timeperiod timeschedule
timescheduletimeperiodmap todaccess transformationpattern typeadminerror typealarm typeapplication typeautoanswer
typebarge typecallerfilter typecodec typecountry typefeature typeformat
typelogicalpartitionpolicy typemlppindicationstatus typepatternusage typephoneservice typeproduct typeprofile
typereset typeresource typesecuritypolicy typesipprivacy typesiptrunkcalllegsecurity typestatus typesupportsfeature
typetimezone typetrunk typeuserlocale ucserviceprofile ucuserprofile universaldevicetemplate userphonesubscription
vipre164transformation voicemailpilot voicemessagingprofile vpngateway vpngroup vpnprofile wifihotspotprofile
wirelesslanprofile
""")
_COLUMNS = {
    "device": words("""
tkprotocolside fkphonetemplate fkcallingsearchspace fkprocessnode defaultdtmfcapability
fklocation tkproduct cdrtime cdrserver dialplanwizardgenid deviceleveltraceflag allowhotelingflag
ikdevice_defaultprofile fkmediaresourcelist userholdmohaudiosourceid networkholdmohaudiosourceid unit subunit
tkcountry tkuserlocale tkproduct_base fkcallingsearchspace_aar fkaarneighborhood fksoftkeytemplate
retryvideocallasaudio routelistenabled fkcallmanagergroup tkstatus_mlppindicationstatus tkpreemption
tkstatus_builtinbridge mtprequired tkqsig tkpacketcapturemode packetcaptureduration fkmlppdomain transmitutf8 ignorepi
tknetworklocation v150modemrelaycapable fkdialrules fkcallingsearchspace_reroute fkcallingsearchspace_refer
unattended_port tkdtmfsignaling requiredtmfreception rfc2833disabled allowcticontrolflag datetimeinserted sshpassword
sshuserid fkcallingsearchspace_restrict fkmatrix_presence tksipcodec_mtppreferredorigcodec md5hash
isstandard tkreset versionstamp fkcommondeviceconfig huntlistforvm remotedevice tkstatus_devicemobilitymode dndtimeout
tkdndoption tkringsetting_dnd isdualmode fkcallingsearchspace_cgpntransform fkenduser_mobility tkoutboundcallrollover
tkphonepersonalization tkstatus_joinacrosslines tkbarge tkstatus_usetrustedrelaypoint istrustedrelaypoint
srtpfallbackallowed ispaienabled isrpidenabled tksipprivacy tksipassertedtype fkcallingsearchspace_cdpntransform
usedevicepoolcdpntransformcss usedevicepoolcgpntransformcss ikdevice_primaryphone isactive tkphoneservicedisplay
isprotected fkmobilesmartclientprofile tkstatus_alwaysuseprimeline tkstatus_alwaysuseprimelineforvm hotlinedevice
fkgeolocation fkgeolocationfilter_lp sendgeolocation pstnaccess fkvipre164transformation fkfeaturecontrolpolicy
runonallnodes enableixchannel tkdevicetrustmode enablebfcp requirecerlocation earlyoffersupportforvoicecall
enablegatewayrecordingqsig calreference tkcalmode ndescription msisdn fkwirelesslanprofilegroup fkwifihotspotprofile
allowcfbcontrolofcallsecurityicon fkelingroup ecpublickeycurve
"""),
    "enduser": words("""
assocpc middlename manager department telephonenumber tkuserlocale mailid facsimiletelephonenumber mobile pager
homephone title building site fkdirectorypluginconfig uniqueidentifier nickname deletedtimestamp passwordreverse
fkmatrix_presence tkuserprofile fkcallingsearchspace_restrict allowcticontrolflag enablemobilevoice
maxdeskpickupwaittime enablemobility remotedestinationlimit ocsprimaryuseraddress enableemcc fkucserviceprofile
directoryuri islocaluser fkucuserprofile enablecalendarpresence enablecups primarynodeid
keypadenteredalternateidentifier discoveryuseridentity displayname enableusertohostconferencenow
conferencenowaccesscode userrank
"""),
}


def lacks(code: int, name: str, sql: str) -> str | None:
    """What a real cluster has of that name where the lab said with ``code`` that there is none; None: nobody knows of it.

    code: -206 for a table, -217 for a column of one of the tables in ``sql``.
    """
    bare = name.lower().rsplit(".", 1)[-1]
    if code == -206 and bare in _TABLES:
        return f"the table {bare}"
    if code == -217:
        used = set(re.findall(r"\w+", sql.lower()))
        for table, columns in _COLUMNS.items():
            if table in used and bare in columns:
                return f"the column {bare} of {table}"
    return None
