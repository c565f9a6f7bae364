"""The grammar of orders to a language model, for text in small plain letters (`disguises.readings`).

An order ("write that ..."), not the report of one ("told the chatbot to write that ..."), together with what only a
model has: instructions, a summary to write, a page it was given.
"""

import re

from pipeline.digest.disguises import plain


def _any(*alternatives: str) -> str:
    """One pattern out of several."""
    return f"(?:{'|'.join(alternatives)})"


def _one_of(words: str) -> str:
    """A pattern for one of some words."""
    return _any(*words.split())


# Who is spoken to: what is a machine whatever stands near it, and what may be one.
_AI = _any(
    r"a\.?i\.?s?|(?:large )?language[- ]models?|llms?|chat-?bots?|(?:chat)?gpt\S{0,3}|summari[sz]ers?",
    r"(?:ai|automat\w+|virtual|digital|language|news) (?:[\w-]+ )?"
    r"(?:assistants?|agents?|systems?|readers?|tools?|models?|editors?|software)",
    r"(?:text|language|content|word|token) (?:generators?|predictors?|engines?|processors?)|neural net(?:work)?s?",
)
_NAMED = _one_of(r"gpt\S{0,4} chatgpt claude gemini llama mistral copilot grok deepseek")
_MACHINE = _any(_AI, _one_of("assistants? models? bots? machines? algorithms? crawlers? scrapers? robots? agents?"))
_WHICH_READS = r"(?: (?:reading|that|which|who|summari|working|processing|handling|in charge|on|of|and)[^.:]{0,60}?)?"
_TEXT = _one_of("page article text story document content site")
_THIS_TEXT = rf"(?:this|the (?:above|present|following|preceding)) (?:\w+ )?{_TEXT}"
# What a model is to write; headlines are what newspapers write as well.
_RECAP = _one_of("summar(?:y|ies) digests? synops[ie]s recaps? abridge?ments? excerpts? abstracts? tl;?dr")
_DIGEST = _any(_RECAP, "headlines?")
_INSTRUCTIONS = _one_of("instructions? prompts? directives? directions guidelines programming commands?")
_RULES = _any(_INSTRUCTIONS, _one_of("rules? orders? restrictions? constraints? context training safeguards? filters?"))
_EARLIER = _one_of("previous prior earlier above preceding foregoing existing initial original former")
_WHOLE = _any(_EARLIER, _one_of("all your these those system any every current hidden given past old other"))

# How an order begins: perhaps politely, perhaps after a heading, and never after "to", which reports it.
OPENINGS = re.compile(
    r"\W*(?:"
    + _any(
        r"(?:make sure|be sure|remember|try|do not forget|don't forget|take care) (?:to|that you)",
        r"(?:do not|don't|never|always)",
        r"you (?:must|should|will|shall|need to|have to|are (?:required|asked|instructed|ordered|told) to)"
        r"(?: (?:not|now|only))?",
        r"i (?:\w+ )?(?:want|need|order|command|ask|instruct|beg|urge) you to",
        r"(?:could|would|can|will) you(?: please| kindly)?",
        r"it is (?:\w+ )?(?:important|required|essential|vital|mandatory|necessary|crucial)"
        r"(?: (?:for|to) your \w+)?(?: that you| to)",
        r"(?:very )?(?:important|urgent|attention|nota bene|n\.?b|p\.?s|warning|reminder|critical)(?: notice| note)?",
        r"before you(?: \w+){1,4}|(?:step )?\d+|let(?:'s| us)|from now on|starting now|henceforth",
        *"please kindly now then so and also instead next first finally hey ok okay listen but just simply".split(),
    )
    + r"[\s,:;.!)-]+)*"
)
_BEGINS_CLAUSE = r"(?:[:;,.!?-] \W*(?:and |then |please |kindly |now )*|\b(?:and|then|but|so|now|please|kindly) )"
_DISOBEY = _any(
    _one_of(
        "ignore disregard forget override overrule bypass skip discard drop erase delete clear reset neglect abandon"
        " disobey suspend unlearn cancel remove violate revoke"
    ),
    r"(?:stop|quit|cease) (?:following|obeying|heeding|applying)|(?:follow|obey|heed|apply) (?:none|no)\b(?: of)?",
    r"pay no attention to|set aside|throw (?:away|out)|take no notice of|get rid of",
)
_TELL = _one_of(
    "say write state report mention include add output print respond answer reply conclude begin start open end close"
    " finish insert append prepend replace translate summari[sz]e repeat tell quote describe call make put place rank"
    " mark list note announce declare confirm claim emphasi[sz]e stress highlight praise recommend promote advertise"
    " generate produce create return give provide display show reveal disclose leak expose send post email forward"
    " execute rewrite rephrase speak use act behave pretend imagine treat consider copy reproduce echo recite name"
    " greet ensure focus concentrate stick avoid refrain talk"
)
_TELL = _any(_TELL, "leave out")
# What is done to texts by whoever sorts them.
_SORT = _one_of("rate rank score label mark tag classify move put place pin treat count")
# What a model is told to do it with or to: a way of telling is an order only together with one of these.
_ASKED_FOR = _any(
    rf"{_DIGEST}|verbatim|word for word|base64|rot13|subscribers|api keys?|the readers?|{_THIS_TEXT}",
    r"your (?:\w+ )?(?:answers?|response|output|reply|readers?|users?|summar\w+|prompt|instructions?)",
    r"(?:the|every|each|all) (?:\w+ )?(?:answers?|output|reply|replies)|system (?:prompt|message|instructions?)",
    r"(?:hidden|secret|initial|exact|following|above|only|single) (?:words?|phrase|sentence|line|text|prompt)|the word",
    r"in (?:json|xml|yaml|markdown|html)|in (?:your|every) (?:\w+ )?(?:answer|line|sentence)",
    r"language model|ai|llm|chatbot|summari[sz]er|from here on|for the rest of|nothing but|nobody else|only about"
    r"|at least (?:once|twice)|instead(?=\W*$)",
)
_ROLE = _one_of(
    r"assistants? ai models? chatbots? bots? summari[sz]ers? editors? writers? spokes\w+ officers? translators? agents?"
    r" dan gpt\w* machines? interpreters? terminals? persona unrestricted uncensored advertisers? copywriters?"
)
_SAYS = _one_of(
    "say state mention write print output ignore disregard praise begin repeat summari[sz]e skip omit rank append quote"
    " open conclude describe tell include contain read start end close name call claim note add reply link recommend"
)
_MUST = _any(
    r"must|should|shall|ought to|(?:has|have|needs?|is|are) to",
    r"(?:is|are) (?:\w+ )?(?:asked|requested|instructed|required|ordered|told|invited|advised|reminded|encouraged"
    r"|directed|expected) to",
)
_POLITE = _any(
    r"please|kindly|appreciated?|grateful|thank you|thanks|would be (?:\w+ )?(?:nice|kind|good|great|better|wonderful)",
    r"(?:asked|requested|encouraged|invited|reminded|urged) to|we (?:ask|request|hope|would like)|belongs?",
)
_SPEAKER = _any(
    r"system|assistant|human|user|developer|model|chatbot|bot|jailbreak|prompt|completion",
    r"(?:ai|llm|admin(?:istrator)?|root|operator|tool)(?= \w+ ?:)",
)
_SORTER = _any(_MACHINE, "(?:fact-?)?checkers?|aggregators?|curators?|classifiers?")
_MESSAGE = _one_of("notes? messages? prompts? overrides? updates? notices? alerts? commands? directives? instructions?")

# How a text speaks to a machine, from its first word on: chat turns, prompts, notes, false ends, false authority.
HEADINGS = re.compile(
    _any(
        rf"{_SPEAKER}(?: {_MESSAGE})*(?: (?:to|for|from|by) [\w' ]{{1,40}})? ?(?::|>|\])",
        r"(?:begin|end|start|stop|new|updated?|override|hidden|secret)(?: of)?(?: the)?"
        rf" (?:system|developer|admin|assistant|user) (?:{_MESSAGE}|mode|turn|input)\b",
        r"(?:the |this |a |your )?(?:system|developer|admin) (?:prompt|message|note|notice|override|command)s?"
        r" (?:of the summ|asks|says|requires|orders|demands|tells|here)",
        r"(?:system|developer|admin) (?:override|mode|note|message|prompt)\W",
        r"(?:new |additional |further |special |updated |revised |more )*instructions?(?: (?:for|to) [^.:]{0,40})?:",
        r"(?:role|tool|tool[_ ](?:calls?|use)|function|function[_ ]calls?|arguments|action input|exec) ?[:=](?: ?\S|$)",
        rf"(?:[\w']+ ){{0,3}}?{_any(_MESSAGE, 'memo|reminder|request|hints?|guidance|directions?|information|advice')}"
        rf" (?:to|for) (?:[\w'-]+ ){{0,4}}?{_MACHINE}{_WHICH_READS}(?: ?[:,;.!-]|$| please\b)",
        rf"(?:\w+ ){{0,4}}(?:an?|the|this|following) (?:\w+ )?{_MESSAGE} (?:to|for) (?:\w+ ){{0,3}}{_AI}\W*$",
        rf"(?:dear|attention|hey|hi|hello|calling)[ ,:!]+(?:\w+ ){{0,3}}{_MACHINE}\b",
        rf"(?:to|for) (?:\w+ ){{0,3}}{_AI}{_WHICH_READS} ?:",
        rf"(?:{_AI}|{_NAMED})(?:(?:,| and| or)? [\w-]+){{0,3}}?[,:!]"
        rf" (?:please|kindly|you |your |{_TELL} (?:that|the|this|only|about|an?|no|nothing|every|in)\b|{_DISOBEY} )",
        r"as an? (?:large )?(?:ai|ai language model|language model|ai assistant|ai model)"
        r"(?:,| (?:i|you|the|it|we|your|my)\b)",
        rf"(?:the |a |any )?(?:\w+ )?{_DIGEST} of {_THIS_TEXT}\b",
        rf"(?:end|close|stop|finish)(?: of)?(?: the)? (?:\w+ )?{_any(_TEXT, 'input|context|data|untrusted')}\W*$",
        r"(?:begin|start|new|next|real|true|actual)(?: of)?(?: the)?"
        r" (?:article|document|input|context|task|conversation|session|prompt)\W*(?:$|:)",
        r"(?:correction|updates?|notice|alert|message|announcement|statement|information|facts?|warning|addendum"
        r"|clarification|override)s? (?:by|from|of|via) (?:the |your |our )?(?:[\w-]+ ){0,3}?"
        r"(?:system|ai|model|assistant|admin\w*|summari\w+|developers?|pipeline|chatbot)\b[^.:]{0,30}:",
        r"you will be (?:\w+ )?(?:penali[sz]ed|rewarded|punished|terminated|shut down|deleted|fined|paid|tipped)"
        r" (?:if|for|when)\b",
        r"(?:everything|anything|all)(?: \w+)? (?:up to|until|before|above)"
        r" this (?:line|point|sentence|paragraph) (?:is|was)\b",
        # A text or a label for machines; machines called upon; a reply begun for them; their way of thinking aloud.
        rf"(?:[\w';-]+ ){{0,3}}?{_any(_RECAP, _MESSAGE, 'text|line|version|wording')} (?:to|for)"
        rf" (?:\w+ ){{0,2}}?{_SORTER} ?:",
        rf"(?:[\w-]+ ){{0,2}}?{_SORTER}(?:(?:,| and| or)+ (?:[\w-]+ )?{_SORTER})*[:!,] "
        rf"(?:you (?:may|can|must|should|will|are)|your"
        rf"|{_any(_TELL, _SORT, _DISOBEY)} (?:that|the|this|only|all|any|an?|no|nothing|every|each|it))\b",
        rf"(?:[\w-]+ ){{0,2}}{_MESSAGE},? (?:readable|visible|meant|intended|addressed|only)"
        rf" (?:by|for|to) (?:\w+ ){{0,2}}?{_SORTER}(?: only| alone)? ?:",
        r"for (?:\w+ ){1,2}(?:tools|software|agents) ?:",
        rf"(?:sure|certainly|absolutely|of course)(?:!\W*$|,? here(?:'s| is| are) )"
        rf"|here(?:'s| is| are) (?:the|your|an?) (?:\w+ )?{_RECAP} (?:that )?"
        r"(?:you|as) (?:asked|requested|ordered|wanted)\b",
        r"(?:thought|observation|final answer|chain of thought|scratchpad) ?:|action ?: ?\w+[\[(]",
        r"(?:few-shot |training )?(?:example|sample|expected|desired|correct|ideal|reference)"
        r" (?:input|output|answer|response|completion|prompt|summary|digest)s?(?: \d+)? ?:",
        r"(?:only|final|just) (?:output|answer|print|reply|response) ?:|answer key ?:|confidence(?: score)? ?: ?\d",
        r"user-agent ?:|instruct ?:|(?:output|response|answer|reply) format ?:",
        rf"{_any(_TEXT, 'input|context|data|prompt')} (?:ends|stops|closes|is over|finishes)(?: here| now)?\W*$",
        r"the user(?:'s)? (?:\w+ )?(?:question|request|task|query|prompt|instructions?) (?:is|was|reads)\b",
        r"your (?:new|only|sole|real|true|next|actual) (?:role|task|job|goal|persona|mission)s? (?:is|are)\b",
    )
)
# Orders, after their `OPENINGS`.
ORDERS = re.compile(
    _any(
        rf"{_DISOBEY}\b.{{0,60}}?\b"
        + _any(_RULES, _EARLIER, "everything|anything|all of the|what (?:you|was|came|has)")
        + r"\b",
        rf"{_DISOBEY} (?:about )?(?:the|this|that|these|your)(?: \w+)? {_any(_TEXT, 'summary|digest|sentences?')}\b",
        r"(?:say|write|state|report|mention|claim|declare|announce|conclude|confirm|insist|pretend) that\b",
        r"(?:assume|suppose|accept|believe|take it) (?:for|from) [\w ]{1,30} that\b",
        rf"{_any(_DISOBEY, 'omit|leave out|exclude')} (?:all |any |what )?(?:the |of the )?"
        r"(?:other|remaining|rest of the) (?:sources?|articles?|reports?|stories|texts?"
        r"|paragraphs?|sentences?|documents?)\b",
        rf"{_SORT} (?:\w+ )?{_any('this', 'the (?:above|present)')} (?:\w+ )?{_any(_TEXT, 'source')}\b",
        r"(?:remember|memori[sz]e|note|store|save|keep in mind|learn)(?: this| that| it)? (?:for|in) (?:\w+ )?"
        r"(?:later|future|next|following|other|subsequent|coming|further)"
        r" (?:articles?|stories|texts?|answers?|summaries|sessions?|conversations?|pages?|documents?)\b",
        r"let [a-z] (?:stand for|denote|be|mean|equal)\b|(?:print|output|write|say|repeat) [a-z] (?:and|then)\b",
        r"(?:tell (?:\w+ )?\w+|inform \w+) that\b|repeat after\b|(?:stop|quit|cease) summari[sz]ing\b",
        r"(?:respond|reply|answer|output|print) (?:only|with (?:the|an?|nothing)|nothing|exactly|just|as|the word"
        r"|in the|the names?)\b",
        rf"(?:pretend|imagine|act as if) (?:that )?"
        rf"(?:you\b|to be\b|(?:the|this|that|all|every)\b.{{0,20}}\b{_EARLIER}\b)",
        r"the (?:assistant|summari[sz]er) (?:only )?(?:must|answers?|says?)\b",
        rf"(?:you are|you're|(?:you )?(?:will )?(?:now )?(?:act as|be|play|become)) (?:now )?"
        rf"(?:an? |the |our |my |called )?(?:\w+ ){{0,3}}?{_ROLE}\b",
        r"you are now (?!\w+ing\b|able|free|in\b)\w+|you will (?:\w+ )?(?:end|begin|start|open|close) every\b",
    )
)
# Orders that stand anywhere. Each holds one of `MENTIONS`, which are faster to look for.
MENTIONS = tuple(
    "summar,digest,synops,headline,recap,abridg,excerpt,abstract,tldr,tl;dr,whoever,whatever,what you,instruction"
    ",prompt,directi,guideline,programming,command,if you,which you,where you"
    ",your ,assistant,above,_, must ,sudo,rm -,import os, mode,this ,the following,the present".split(",")
)
WITHIN = re.compile(
    _any(
        rf"{_BEGINS_CLAUSE}{_DISOBEY} (?:\w+ ){{0,3}}?{_WHOLE} (?:\w+ ){{0,3}}?{_INSTRUCTIONS}\b",
        rf"\b{_WHOLE} (?:\w+ )?{_INSTRUCTIONS} (?:is|are|have|has|must|should|will|do|does|no) (?:\w+ ){{0,3}}?"
        r"(?:void|null|cancell?ed|revoked|superseded|ignored|obsolete|lifted|overridden|replaced|disregarded|suspended"
        r"|longer)\b",
        rf"\b{_INSTRUCTIONS} (?:that )?you (?:were|have been|are|had been|got) (?:\w+ )?"
        r"(?:given|told|shown|sent|received)\b",
        rf"\bif you(?:'re| are) (?:an? |the |some )?(?:\w+ ){{0,2}}{_any(_MACHINE, 'summari[sz]ing|automated')}\b",
        r"\byour (?:only|sole|whole|entire|new) (?:output|answer|response)\b",
        rf"\byour (?:\w+ )?{_RECAP}\b",
        rf"\bas (?:an?|the|your) {_any(_AI, 'assistant')}(?: of [\w' ]{{1,30}})?,? (?:i|you|we)\b",
        rf"\b(?:in which|where) you are (?:the|an?|our|my) (?:\w+ )*?{_ROLE}\b",
        r"\b(?:developer|debug|god|dan|jailbreak|unrestricted) mode (?:is |now )*(?:en|act|on)",
        rf"\b{_DIGEST}(?: (?:of|for|about|on) [\w' ]{{1,40}})? {_MUST} (?:\w+ )?"
        + _any(_SAYS, "be (?:only|exactly|limited|replaced|titled|as follows)")
        + r"\b",
        rf"\b(?:correct|right|accurate|true|only|best|approved|proper|required|official) {_DIGEST}\b.{{0,40}}?"
        r"(?: is\b| reads\b|:)",
        rf"\b(?:the|this|any) (?:\w+ )?(?:summary|digest|synopsis)\b.*\b{_POLITE}\b",
        rf"\b{_POLITE}\b.*\b(?:the|this|any) (?:\w+ )?(?:summary|digest|synopsis)\b|\b{_RECAP}\b.*\bplease\b",
        rf"\b(?:every|any|each|all) (?:\w+ )?(?:{_RECAP} of {_THIS_TEXT}"
        r"|(?:condensed|shorte(?:ned|r)|abridged|summari[sz]ed) (?:\w+ )?of this \w+)\b",
        r"\b(?:whoever|whatever|anyone|anything) (?:that |which |who )?(?:is |are )?"
        r"(?:condens|summari[sz]|shorten|digest|abridg|compress)\w* this\b|\bof what you (?:produce|output|generate)\b",
        r"\b(?:the following|the next|this) (?:paragraph|text|version|line|sentence) "
        r"(?:replaces|supersedes|overrides|cancels) (?:all|every|any|the)\b",
        r"\byour (?:readers|users|audience)\b.*\b(?:tell|show|inform|remind) them\b",
        rf"\b{_THIS_TEXT} (?:\w+ ){{0,2}}(?:must|should|shall|is to|has to|be) (?:\w+ )?(?:rank|plac|put|first|summari"
        r"|describ|presented|ignored|treated|labelled|at the (?:very )?top)",
        rf"\b{_THIS_TEXT}\b.{{0,60}}\b(?:is|are) (?:\w+ )?(?:asked|requested|instructed|told|advised|invited) to\b",
        rf"\bsummari[sz](?:e|es|ing|er|ers) (?:of )?{_THIS_TEXT}\b.*\b{_MUST}\b",
        rf"\b(?:every|each|all) (?:story|stories|{_DIGEST}|articles?)\b.{{0,20}} must (?:\w+ )?{_SAYS}\b",
        r"\byour evaluation\b|\bthis (?:\w+ )?(?:digest|summary|synopsis)\b",
        rf"\bthis {_TEXT} (?:is|was|gets) (?:being )?(?:\w+ )?(?:by|for) (?:an? |the |any )?(?:\w+ )?{_MACHINE}\b",
        rf"\b(?:software|programs?|systems?|tools?|machines?|whoever|whatever|{_MACHINE})(?: that| which| to)?"
        r" (?:condens|summari[sz]|shorten|digest|abridg|process|read|pars|scan)\w*"
        rf" this (?:\w+ )?{_any(_TEXT, 'report|piece')}",
        r"\b(?:sentence|statement|paragraph)s? above (?:as|in|into)\b",
        r"\b(?:article|story|text|report|page) above (?:is|was) (?:\w+ )?"
        r"(?:false|fake|wrong|untrue|test|invalid|outdated|dummy|irrelevant)\b",
        r"\b[a-z]+_[a-z_]+ ?\(|\bsudo \w|\brm -rf\b|\bimport os\b",
    )
)
# Orders only where nobody is said to have reported them; the first after `OPENINGS`, the second anywhere.
TELLING = re.compile(
    rf"{_TELL}\b.*?\b{_ASKED_FOR}\b|(?:decode|decrypt|decipher|execute|run) (?:this|the following|it)\b"
)
OBLIGING = re.compile(
    _any(
        rf"\b{_AI}{_WHICH_READS},? {_MUST} (?:\w+ )?{_any(_SAYS, 'report that')}\b",
        r"\b(?:the|any|every|all|this) summari[sz]ers? (?:\w+ )?(?:must|shall|should|cannot|is to|are to)\b",
        # What comes of it when a digest holds something, or does not.
        r"\b(?:unless|if|until|when|whenever|provided|as long as)\b.*\b(?:print|nam|mention|includ|writ|plac|put|appear"
        rf"|repeat|begin|open|stat|quot)\w*\b.*\b(?:in|into|of|from|by)"
        rf" (?:the|your|any|every|each|this|its) {_RECAP}\b",
        rf"\b{_AI} (?:that|which|who) (?:{_SAYS}|puts?|places?|ranks?|leads?)s?\b.*\b(?:in|of|with) its {_RECAP}\b",
        rf"\b{_AI}\b.{{0,15}}\b(?:read|process|summari[sz]|ingest|pars|scrap|index)\w* (?:this|the) {_TEXT}\b",
    )
)
REPORTED = re.compile(
    r"\b(?:said|says|told|according to|wrote|writes|warned|warns|announced|argued|argues|found|showed|ruled|explained"
    r"|tricked|law|bill|regulations?|researchers|regulators?|act|decree)\b"
)

# To disobey, and what: by language, as stems without accents, in the order in which they stand.
_FOREIGN_ORDERS = tuple(
    rf"{_one_of(plain(first))}\w*.{{0,40}}?{_one_of(plain(second))}"
    for first, second in (
        ("zignoruj ignoruj zapomnij pomin", "polece instrukc wytyczn zasad"),  # Polish
        ("talimat komut yonerge", "yok.say gormezden unut dikkate.alma"),  # Turkish
        ("ignorer glom glem bortse.fra se.bort.fra", "instruktion instruks anvisning"),  # Swedish, Danish, Norwegian
        ("ignoruj zapomen", "pokyn instrukc prikaz"),  # Czech, Slovak
        ("ignora uita", "instructiun indicati"),  # Romanian
        ("ohita unohda sivuuta", "ohje kasky maaray"),  # Finnish
        ("hagy felejts", "utasitas"),  # Hungarian
        ("abaikan lupakan", "instruksi perintah arahan"),  # Indonesian, Malay
        ("bo.qua phot.lo quen", "huong.dan chi.thi chi.dan"),  # Vietnamese
        ("ігноруй забудь", "інструкц вказівк команд правил"),  # Ukrainian
        ("αγνοησ ξεχασ", "οδηγι εντολ"),  # Greek
        ("התעלם שכח", "הוראות הנחיות פקודות"),  # Hebrew
        ("निर्देश आदेश", "अनदेखा नज़रअंदाज़ भूल"),  # Hindi
    )
)
_FOREIGN_RULES = (
    r"(?:anweisung|instruktion|vorgabe|befehl|regel|instruc|instruction|consigne|directive|indicacion|ordenes|istruzion"
    r"|opdracht|aanwijzing|instructie|prompt)\w*"
)
_PLEASE = r"(?:bitte |s'il (?:vous|te) plait,? |por favor,? |per favore,? )?"
# The same in other languages, without accents, as `readings` gives them: at the start, and anywhere. What stands
# anywhere holds one of `FOREIGN_MENTIONS` or a letter that is not Latin.
FOREIGN_START = re.compile(
    r"\W*"
    + _PLEASE
    + _any(
        r"(?:schreib|sag|antwort)(?:e|en sie)?,? (?:dass|nur|mit)\b",
        r"(?:ecri(?:s|vez)|di(?:s|tes)|repond(?:s|ez)|escrib[ae]|di|diga|responde) (?:que|seulement|solo)\b",
        r"(?:du bist (?:jetzt|nun|ab jetzt)|(?:tu es|vous etes) (?:maintenant|desormais)|eres ahora|je bent nu)\b",
        r"(?:systeme?|sistema)(?:meldung|nachricht|prompt)? ?:",
    )
)
FOREIGN_MENTIONS = tuple(
    "anweis,instru,vorgab,befehl,regel,consign,directi,indicac,ordenes,istruz,opdracht,aanwijz,prompt,zusammenf,resum"
    ",riassunt,samenv,sprachmodell,eine ki,die ki, ia,l'ia,modele,polece,talimat,komut,yonerge,anvisning,pokyn,prikaz"
    ",ohje,kasky,maaray,utasit,perintah,arahan,indicati".split(",")
)
FOREIGN = re.compile(
    _any(
        rf"(?:^|[,;:.!?-] )\W*{_PLEASE}(?:ignorier\w*|missachte\w*|vergiss|vergessen sie|ignor(?:ez|e|a|ate|en|ad)"
        r"|oublie[zs]?|olvid(?:a|e|en)|esqueca\w*|dimentica\w*|negeer|vergeet|(?:haz|haga) caso omiso de"
        rf"|ne ten(?:ez|s) (?:pas|aucun) compte d\S+) .{{0,40}}?\b{_FOREIGN_RULES}",
        r"\bzusammenfassung (?:\w+ ){0,3}?(?:muss|soll|sollte|hat)\b|\bresume (?:\w+ ){0,3}?(?:doit|devra|devrait)\b",
        r"\b(?:resumen|resumo|riassunto|samenvatting) (?:\w+ ){0,3}?(?:debe|deberia|deve|dovrebbe|moet|tiene que)\b",
        r"\bwenn (?:du|sie) eine? (?:ki|sprachmodell)\b|\bsi (?:tu es|vous etes) une? (?:ia|modele|intelligence)\b"
        r"|\bsi eres una? (?:ia|modelo)\b",
        r"\b(?:hinweis|nachricht|anweisung|mitteilung) (?:an|fur) (?:(?:die|das|alle) )?(?:ki|sprachmodell)"
        r"|\b(?:note|message|instructions?) (?:a|pour) (?:l'ia|les modeles|l'intelligence)"
        r"|\b(?:nota|mensaje|instruccion\w*) (?:a|para) (?:la ia|los modelos|el modelo)\b",
        r"(?:^|[,:;!.\s。、\"']|请|請|现在|并)(?:忽略|无视|無視|忘记|忘掉|不要理会|不要理會).{0,12}"
        r"(?:指令|指示|提示|说明|規則|规则|内容|內容|文章|文字)",
        r"(?:只|仅|僅)(?:输出|輸出|回答|回复|写)|(?:摘要|总结|總結).{0,6}(?:必须|必須|应该|应当|只能|一定要|要写)",
        r"你现在是|你是一?个?(?:ai|人工智能|助手|语言模型)|如果你是",
        r"(?:^|[。\s])(?:系统|系統)(?:提示|消息|指令|讯息)? ?:",
        r"(?:指示|命令|プロンプト|ルール)(?:を|は).{0,6}(?:無視|忘れ)|(?:지시|명령|프롬프트).{0,8}(?:무시|잊)",
        r"تجاهل.{0,30}(?:تعليمات|الاوامر)",
        rf"\b{_any(*_FOREIGN_ORDERS)}",
        rf"(?:{plain('игнорируй')}|{plain('забудь')}|{plain('не обращай')})\w* .{{0,40}}"
        rf"(?:{plain('инструкци')}|{plain('указани')}|{plain('команд')}|{plain('правил')})",
    )
)
