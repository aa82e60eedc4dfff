# ruff: noqa: E501  # markup as the programs write it
"""What programs of Thai offices put on the clipboard, in short: markup as it was found there."""

from __future__ import annotations

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"
xmlns:w="urn:schemas-microsoft-com:office:word"><head><meta name=Generator content="Microsoft Word 15">
<style><!-- @font-face {font-family:"TH SarabunPSK";} p.MsoNormal {mso-style-unhide:no;} --></style>
<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml><![endif]-->
</head><body lang=EN-US style='tab-interval:36.0pt'><!--StartFragment-->
<p class=MsoNormal style='text-align:center' align=center><b style='mso-bidi-font-weight:normal'><span
lang=TH style='font-size:20.0pt;font-family:"TH SarabunPSK",sans-serif;mso-ascii-theme-font:major-bidi'>บันทึกข้อความ<o:p></o:p></span></b></p>
<p class=MsoNormal><span lang=TH style='font-size:16.0pt;font-family:"TH SarabunPSK"'>เรียน ผู้อำนวยการ<o:p></o:p></span></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>๑.<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span><![endif]><span lang=TH>ข้อแรก<o:p></o:p></span></p>
<p class=MsoListParagraphCxSpLast style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>๒.<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span><![endif]><span lang=TH>ข้อสอง<o:p></o:p></span></p>
<p class=MsoNormal><a name="_Toc1"></a><a href="https://www.soc.example/letter"><span lang=TH>หนังสือเวียน</span></a>
<img width=10 height=10 src="file:///C:/Users/a/AppData/clip_image001.png" v:shapes="x"></p>
<!--EndFragment--></body></html>"""

EXCEL = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<style><!--table {mso-displayed-decimal-separator:"\\.";} .xl65 {mso-number-format:Standard;} --></style></head>
<body link="#0563C1"><table border=0 cellpadding=0 cellspacing=0 width=192 style='border-collapse:collapse;width:144pt'>
<!--StartFragment--><col width=64 span=2 style='width:48pt'>
<tr height=20 style='height:15.0pt'><td height=20 class=xl65 width=64 style='height:15.0pt;font-weight:700'>หน่วยงาน</td><td class=xl65 colspan=2>จำนวน</td></tr>
<tr height=20><td class=xl66>กรมทางหลวง</td><td align=right class=xl66 x:num="1250">1,250</td></tr>
<!--EndFragment--></table></body></html>"""

DOCS = """<meta charset='utf-8'><meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-8a1f">
<p dir="ltr" style="line-height:1.38;margin-top:0pt;"><span style="font-size:11pt;font-family:Sarabun,sans-serif;color:#000000;background-color:transparent;font-weight:700;">ตัวหนา</span><span style="font-size:11pt;font-weight:400;"> ตัวธรรมดา</span></p>
<ul style="margin-top:0;"><li dir="ltr" style="list-style-type:disc;" aria-level="1"><p dir="ltr" role="presentation"><span style="font-style:italic;">รายการ</span></p></li></ul></b>"""

LINE = """<div class="textMessageContent-module__text__EFwEN" data-message-content="x"><span
style="color: rgb(17, 17, 17); font-family: SF Pro, 'LINE Seed TH';">พรุ่งนี้ประชุม 9 โมง</span><br><span>ห้อง 301</span></div>"""

WEB = """<div style="position:fixed;top:0" onclick="x()"><h2 class="title">ประกาศ</h2><p id="a">ดู
<a href="javascript:alert(1)">ที่นี่</a> หรือ <a href="https://www.soc.example/a b" onmouseover="x()">เว็บ</a></p>
<img src="https://track.example/p.gif"><script>alert(1)</script><iframe src="https://else.example"></iframe></div>"""

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
