"""Small lists in the structures that are published, about organisations that do not exist."""

UN = """<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" dateGenerated="2026-01-01T00:00:00">
  <INDIVIDUALS>
    <INDIVIDUAL>
      <DATAID>1</DATAID><FIRST_NAME>Nobody</FIRST_NAME><SECOND_NAME>Ofthatname</SECOND_NAME>
      <UN_LIST_TYPE>Example</UN_LIST_TYPE><REFERENCE_NUMBER>EXi.001</REFERENCE_NUMBER>
      <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>The Nobody</ALIAS_NAME></INDIVIDUAL_ALIAS>
    </INDIVIDUAL>
  </INDIVIDUALS>
  <ENTITIES>
    <ENTITY>
      <DATAID>2</DATAID><FIRST_NAME>THE ASHEN BANNER</FIRST_NAME>
      <UN_LIST_TYPE>Example</UN_LIST_TYPE><REFERENCE_NUMBER>EXe.001</REFERENCE_NUMBER>
      <NAME_ORIGINAL_SCRIPT>راية الرماد</NAME_ORIGINAL_SCRIPT>
      <ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>Banner   of Ash</ALIAS_NAME></ENTITY_ALIAS>
      <ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>TABX</ALIAS_NAME></ENTITY_ALIAS>
      <ENTITY_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>The Banner</ALIAS_NAME></ENTITY_ALIAS>
      <ENTITY_ALIAS><QUALITY/><ALIAS_NAME/></ENTITY_ALIAS>
      <ENTITY_ADDRESS><COUNTRY>Nowhere</COUNTRY></ENTITY_ADDRESS>
    </ENTITY>
    <ENTITY><FIRST_NAME>Order of the &quot;Pale&quot; Dawn</FIRST_NAME><REFERENCE_NUMBER>EXe.002</REFERENCE_NUMBER></ENTITY>
  </ENTITIES>
</CONSOLIDATED_LIST>
"""

EU = """<?xml version="1.0" encoding="UTF-8"?>
<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-02-03T10:00:00.000+01:00" globalFileId="1">
  <sanctionEntity designationDetails="" unitedNationId="" euReferenceNumber="EU.1.1" logicalId="11">
    <regulation regulationType="amendment" programme="EXA" logicalId="1"><publicationUrl>https://example.org</publicationUrl></regulation>
    <subjectType code="enterprise" classificationCode="E"/>
    <nameAlias firstName="" lastName="" wholeName="The Ashen Banner" strong="true" nameLanguage="EN"/>
    <nameAlias wholeName="Banner of Ash" strong="true"><regulationSummary/></nameAlias>
    <nameAlias wholeName="Banner" strong="false"/>
  </sanctionEntity>
  <sanctionEntity euReferenceNumber="EU.2.2" logicalId="12">
    <subjectType code="person" classificationCode="P"/><nameAlias wholeName="Nobody Ofthatname" strong="true"/>
  </sanctionEntity>
</export>
"""

EU_CSV = (
    "fileGenerationDate;Entity_LogicalId;Entity_EU_ReferenceNumber;Entity_SubjectType;Entity_SubjectType_ClassificationCode;"
    "Entity_Regulation_Programme;NameAlias_LastName;NameAlias_WholeName;Address_City\n"
    "03/02/2026;11;EU.1.1;E;enterprise;EXA;;The Ashen Banner;\n"
    "03/02/2026;11;EU.1.1;E;enterprise;EXA;;Banner of Ash;\n"
    "03/02/2026;11;EU.1.1;E;enterprise;EXA;;;Nowhere\n"
    "03/02/2026;12;EU.2.2;P;person;EXA;Ofthatname;Nobody Ofthatname;\n"
    "03/02/2026;12;EU.2.2;P;person;EXA;;The Nobody;\n"
)

OFAC = """<?xml version="1.0" standalone="yes"?>
<sdnList xmlns="https://example.org/sdn">
  <publshInformation><Publish_Date>03/04/2026</Publish_Date><Record_Count>3</Record_Count></publshInformation>
  <sdnEntry><uid>36</uid><lastName>ASHEN BANNER</lastName><sdnType>Entity</sdnType>
    <programList><program>EXA</program><program>EXB</program></programList>
    <akaList><aka><uid>1</uid><type>a.k.a.</type><category>strong</category><lastName>BANNER OF ASH</lastName></aka>
      <aka><uid>2</uid><type>a.k.a.</type><category>weak</category><lastName>TAB</lastName></aka></akaList>
  </sdnEntry>
  <sdnEntry><uid>37</uid><firstName>Nobody</firstName><lastName>OFTHATNAME</lastName><sdnType>Individual</sdnType></sdnEntry>
  <sdnEntry><uid>38</uid><lastName>PALE DAWN I</lastName><sdnType>Vessel</sdnType></sdnEntry>
</sdnList>
"""

SDN = (
    '36,"ASHEN BANNER",-0- ,"EXA] [EXB",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n'
    '37,"OFTHATNAME, Nobody","individual","EXA",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 1 Jan"\r\n'
    '38,"PALE DAWN I","vessel","EXA",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n\x1a'
)
ALT = '36,12,"aka","BANNER OF ASH",-0- \r\n36,13,"fka","ASH BANNER FRONT",-0- \r\n37,14,"aka","THE NOBODY",-0- \r\n\x1a'

UK = """<?xml version="1.0" encoding="utf-8"?>
<Designations>
  <DateGenerated>05/04/2026</DateGenerated>
  <Designation>
    <UniqueID>EXA0001</UniqueID><RegimeName>Example</RegimeName><IndividualEntityShip>Entity</IndividualEntityShip>
    <Names>
      <Name><Name6>The Ashen Banner</Name6><NameType>Primary Name</NameType></Name>
      <Name><Name1>Banner</Name1><Name6>of Ash</Name6><NameType>Alias</NameType></Name>
      <Name><Name6>Banner</Name6><NameType>Alias</NameType><AliasStrength>Low quality a.k.a</AliasStrength></Name>
    </Names>
    <NonLatinNames><NonLatinName><NameNonLatinScript>راية الرماد</NameNonLatinScript></NonLatinName></NonLatinNames>
  </Designation>
  <Designation><UniqueID>EXA0002</UniqueID><IndividualEntityShip>Individual</IndividualEntityShip></Designation>
  <Designation><UniqueID>EXA0003</UniqueID><IndividualEntityShip>Ship</IndividualEntityShip></Designation>
</Designations>
"""

UK_CSV = (
    "Report Date: 05-Apr-2026\n"
    "Last Updated,Unique ID,OFSI Group ID,Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Name type,Alias strength,"
    'Name non-latin script,Regime Name,"Individual, Entity, Ship"\n'
    "01/01/2026,EXA0001,1,The Ashen Banner,,,,,,Primary Name,,راية الرماد,Example,Entity\n"
    "01/01/2026,EXA0001,1,of Ash,Banner,,,,,Alias,,,Example,Entity\n"
    "01/01/2026,EXA0001,1,Banner,,,,,,Alias,Low quality a.k.a,,Example,Entity\n"
    "01/01/2026,EXA0002,2,Ofthatname,Nobody,,,,,Primary Name,,,Example,Individual\n"
    "01/01/2026,EXA0002,2,Nobody,,,,,,Alias,,,Example,Individual\n"
    "01/01/2026,EXA0003,3,Pale Dawn I,,,,,,Primary Name,,,Example,Ship\n"
)
