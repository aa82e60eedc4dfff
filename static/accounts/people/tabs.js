// On a telephone the pages stand in one line below; the one that is open must be in sight.
const tabs = document.querySelector(".people__tabs");
const here = tabs?.querySelector("[aria-current]");

if (here) tabs.scrollLeft = here.offsetLeft - (tabs.clientWidth - here.offsetWidth) / 2;
