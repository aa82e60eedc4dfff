"""Hostile fragments of our own: the attack classes of mail, one line each, cut at the tags."""

from __future__ import annotations

FRAGMENTS = [
    (
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x o"
        "nerror=alert(1)&gt;'>"
    ),
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    '<textarea><p style="x:</textarea><img src=x onerror=alert(1)>">',
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    (
        "<select><template><style><!--</style><a rel='--></style></template></select><img"
        " src=x onerror=alert(1)>'>"
    ),
    "<table><a><tr><td><a><b><p><table><i></table></b></a>x<img src=x onerror=alert(1)>",
    "<b><i><a href=http://a.example><p><b><a href=http://b.example>x</b></i></a>y",
    "<p><pre>\n\n\n\n\n\n\n\nx</pre>",
    "<xmp><img src=x onerror=alert(1)></xmp><plaintext><script>alert(1)</script>",
    "<title><img src=x onerror=alert(1)></title>",
    (
        "<svg><animate attributeName='href ' values='javascript:alert(1)'/><a><text>x</te"
        "xt></a></svg>"
    ),
    (
        "<svg><set attributeName=href to=javascript:alert(1) /></svg><use href='data:imag"
        "e/s vg+xml;base64,PHN2Zz4='>"
    ),
    "<math href='javascript:alert(1)'><mstyle href=javascript:alert(1)>x</mstyle></math>",
    "<svg:animate onbegin=alert(1)>x</svg:animate><feImage href=http://else.example/x>",
    "<a href='j&#x61vascript:alert(1)'>x</a><a href='&#x6a avascript:alert(1)'>y</a>",
    "<a href=' \x01javascript:alert(1)'>x</a><a href='java\nscript:alert(1)'>y</a>",
    (
        "<a href='vbscript:x'>x</a><a href='data:application/xhtml+xml,x'>y</a><a href=//"
        "else.example>z</a>"
    ),
    "<a href='/account/'>x</a><a href='https:else'>y</a><a href='https:\\\\else.example'>z</a>",
    "<base href='javascript:/a/-alert(1)//'><area href=javascript:alert(1)><a href=''>x</a>",
    "<img src='data:image/svg+xml;base64,PHN2Zz4='><img src='data:image/png,x' onerror=alert(1)>",
    "<body background='data:image/png,x);background:url(//else.example/b)'>x",
    "<table background=http://else.example/t><td background=http://else.example/d>x</table>",
    (
        '<div style="background:url(//else.example/1)">x</div><div style=\'background:imag'
        'e("//else.example")\'>'
    ),
    "<div style='--x:url(http://else.example/2);background:var(--x)'>x</div>",
    "<div style='background:cross-fade(url(//else.example/3),red)'>x</div>",
    "<div style='content:\"\\0026quot;; background:url(//else.example/4)'>x</div>",
    (
        "<div style='color:red;/*;background:url(//else.example/5)'>x</div><div style='co"
        "lor:red}'>y</div>"
    ),
    (
        "<div style='background:u\\72l(//else.example/6)'>x</div><div style='list-style:ur"
        "l(//else.example/7)'>"
    ),
    (
        "<style>@import 'http://else.example/8';@font-face{font-family:x;src:url(//else.e"
        "xample/9)}</style>x"
    ),
    (
        "<img srcset='http://else.example/a 1x'><video poster=http://else.example/b><link"
        " rel=prefetch href=//else.example>"
    ),
    (
        "<input type=image src=http://else.example/c><picture><source srcset=//else.examp"
        "le/d><img></picture>"
    ),
    (
        "<meta http-equiv=refresh content='0;url=http://else.example'><iframe src=//else."
        "example></iframe>"
    ),
    (
        "<img src=http://localhost/x><img src=http://127.0.0.1/><img src='/media/x.png'><"
        "img src=cid:x>"
    ),
    (
        "<div style='position:fixed !important;top:0;left:0'>x</div><div style='position:"
        "sticky'>y</div>"
    ),
    (
        "<form id=x name=body><input name=parentNode></form><a id=location name=cookie>x<"
        "/a><img name=forms>"
    ),
    (
        "<div hx-get=/account/ hx-trigger=load data-hx-get=/x x-data=y x-on:click=alert(1"
        ") @click=alert(1)>x</div>"
    ),
    "<details open ontoggle=alert(1)>x</details><dialog open>y</dialog><p popover id=a>z",
]
