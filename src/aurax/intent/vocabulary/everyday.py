"""Everyday words that carry no musical wish and are not worth reporting as unknown."""

from __future__ import annotations

EVERYDAY: frozenset[str] = frozenset(
    """a about above across actual actually after again all alone along also always am an and another any are around as
    at back be because been before behind being below best between but by came can come comes coming could cool
    create did do does doing down during each else enough etc even ever every everything exactly except fairly
    feel feeling feels few fine first for from full game generate get gets give go goes going good got great had
    half happens has have having he hear heard help her here hi him his hold how i i'd i'll i'm i've if in
    inside instead instrumental instrumentals into is it it's its itself join joins just keep kind last leave
    less let let's like little live ll lot lots made make makes making many may maybe me meets might mood more
    most much music musical my near need needs never new next nice no not nothing now of off on once one only
    onto or other our out over overall own part parts people piece place play played playing plays please put
    quite rather re really right s same say seamless second she should simply so solo some someone something
    somewhere song songs sort sound sounding sounds start started starting starts still stop style such sure t
    take than thank thanks that that's the their them then there these they thing things think this those though
    through throughout till time to together too top total track tracks tune two type under until up upon us use
    used using ve version very vibe vibes video wanna want wants was way we well were what when where which
    while who will with within without would write yes yet you your bpm key minute minutes min sec second
    seconds hour bar bars beat beats tempo loop long short low high mid big small real feat film movie scene
    clip channel add adds added adding end ends ending ended ein eine einen einem einer der die das den dem und
    oder mit ohne fur auf im zum zur musik lied stuck etwas bitte ist un une des du de la le les el los las y e
    et ou o con avec per pour para por da do dos das em na il lo gli una uno mi su sur dans en musica musique
    cancion chanson canzone sin senza sem sans che que qui""".split()  # noqa: SIM905 — a column of 300 quoted words would hide what it says
)
"""Everyday words in English and a few of German, French, Spanish, Italian and Portuguese."""
