"""The words that the sample's data is made of."""

FIRST_NAMES = """
Ada Aisha Akira Alba Amina Anders Anouk Arjun Astrid Beatriz Björn Camille Chidi Clara Dmitri Elif
Emeka Esther Fatou Finn Freya Gabriel Giulia Hana Hugo Ida Imani Ingrid Ivo Jana Jonas Kaito Katja
Kofi Lars Leila Lena Liam Lucía Magnus Maren Mateo Mei Milan Mira Nadia Nils Noor Olga Oskar Paulo
Priya Rafael Rosa Samir Sanne Signe Sofia Tariq Teresa Tomás Ulla Vera Wen Yara Yusuf Zofia Zora
""".split()

LAST_NAMES = """
Abdi Almeida Andersen Becker Bianchi Bjørnstad Castro Cohen Dahl Demir Diallo Dubois Eriksen Farah
Fischer Fontaine García Grønlund Haddad Haugen Ito Ivanova Jansen Jensen Kamau Keller Kowalski
Larsen Lindqvist Lund Marino Mendes Moreau Mori Mutua Nakamura Nguyen Nielsen Novák Nyström Okafor
Okoye Oliveira Olsen Osei Patel Petrov Popescu Quist Rahman Ricci Rossi Said Sato Schäfer Silva
Sørensen Strand Suzuki Tanaka Thorsen Torres Vargas Vidal Wagner Weiß Yilmaz Zhang Ziegler
""".split()

BIOS = [
    "Up before the birds, mostly.",
    "Rivers, reeds and everything in between.",
    "Learning calls, one warbler at a time.",
    "Carries too many lenses.",
    "Counts geese for a living, owls for fun.",
    "Moss first, mammals second.",
    "Keeper of the winter feeder list.",
    "Slow walks, long notes.",
    "Will stop the car for a buzzard.",
    "Night sounds and light rain.",
]

PLACES = [
    ("Lake Vänern, north shore", 59.2612, 13.5410),
    ("Königssee", 47.5537, 12.9765),
    ("Wadden flats", 53.4021, 5.6523),
    ("Abernethy forest", 57.2453, -3.6712),
    ("Camargue, étang de Vaccarès", 43.5346, 4.5711),
    ("Doñana marsh", 36.9985, -6.4410),
    ("Białowieża, old stand", 52.7321, 23.8562),
    ("Danube delta, Sulina arm", 45.1750, 29.4120),
    ("Lofoten, Gimsøya", 68.3214, 14.1905),
    ("Mývatn", 65.6039, -16.9961),
    ("Skomer island", 51.7362, -5.2963),
    ("Hornborga lake", 58.3182, 13.5527),
    ("Gran Paradiso, Valnontey", 45.5722, 7.3398),
    ("Plitvice, upper lakes", 44.8811, 15.6157),
    ("Hula valley", 33.0731, 35.6094),
    ("Kruger, Sabie bank", -24.9931, 31.5917),
    ("Kushiro wetland", 43.0932, 144.3889),
    ("City park, east pond", 55.6910, 12.5781),
    ("Harbour mole", 57.0433, 9.9385),
    ("The old quarry", 50.7211, 6.1402),
]

SPECIES = [
    ("Common kingfisher", "Alcedo atthis", "Alcedinidae"),
    ("Grey heron", "Ardea cinerea", "Ardeidae"),
    ("Great egret", "Ardea alba", "Ardeidae"),
    ("Eurasian bittern", "Botaurus stellaris", "Ardeidae"),
    ("Eurasian wren", "Troglodytes troglodytes", "Troglodytidae"),
    ("European robin", "Erithacus rubecula", "Muscicapidae"),
    ("Bluethroat", "Luscinia svecica", "Muscicapidae"),
    ("European pied flycatcher", "Ficedula hypoleuca", "Muscicapidae"),
    ("Eurasian bullfinch", "Pyrrhula pyrrhula", "Fringillidae"),
    ("Common crossbill", "Loxia curvirostra", "Fringillidae"),
    ("European goldfinch", "Carduelis carduelis", "Fringillidae"),
    ("Long-tailed tit", "Aegithalos caudatus", "Aegithalidae"),
    ("Crested tit", "Lophophanes cristatus", "Paridae"),
    ("Great tit", "Parus major", "Paridae"),
    ("Bearded reedling", "Panurus biarmicus", "Panuridae"),
    ("Sedge warbler", "Acrocephalus schoenobaenus", "Acrocephalidae"),
    ("Common chiffchaff", "Phylloscopus collybita", "Phylloscopidae"),
    ("Goldcrest", "Regulus regulus", "Regulidae"),
    ("Barn swallow", "Hirundo rustica", "Hirundinidae"),
    ("Common swift", "Apus apus", "Apodidae"),
    ("Eurasian skylark", "Alauda arvensis", "Alaudidae"),
    ("Common raven", "Corvus corax", "Corvidae"),
    ("Eurasian jay", "Garrulus glandarius", "Corvidae"),
    ("Black woodpecker", "Dryocopus martius", "Picidae"),
    ("Great spotted woodpecker", "Dendrocopos major", "Picidae"),
    ("Eurasian eagle-owl", "Bubo bubo", "Strigidae"),
    ("Tawny owl", "Strix aluco", "Strigidae"),
    ("Western barn owl", "Tyto alba", "Tytonidae"),
    ("White-tailed eagle", "Haliaeetus albicilla", "Accipitridae"),
    ("Common buzzard", "Buteo buteo", "Accipitridae"),
    ("Red kite", "Milvus milvus", "Accipitridae"),
    ("Western marsh harrier", "Circus aeruginosus", "Accipitridae"),
    ("Osprey", "Pandion haliaetus", "Pandionidae"),
    ("Peregrine falcon", "Falco peregrinus", "Falconidae"),
    ("Common kestrel", "Falco tinnunculus", "Falconidae"),
    ("Common crane", "Grus grus", "Gruidae"),
    ("White stork", "Ciconia ciconia", "Ciconiidae"),
    ("Greylag goose", "Anser anser", "Anatidae"),
    ("Barnacle goose", "Branta leucopsis", "Anatidae"),
    ("Whooper swan", "Cygnus cygnus", "Anatidae"),
    ("Northern pintail", "Anas acuta", "Anatidae"),
    ("Common eider", "Somateria mollissima", "Anatidae"),
    ("Great crested grebe", "Podiceps cristatus", "Podicipedidae"),
    ("Atlantic puffin", "Fratercula arctica", "Alcidae"),
    ("Arctic tern", "Sterna paradisaea", "Laridae"),
    ("Pied avocet", "Recurvirostra avosetta", "Recurvirostridae"),
    ("Northern lapwing", "Vanellus vanellus", "Charadriidae"),
    ("Eurasian curlew", "Numenius arquata", "Scolopacidae"),
    ("Common snipe", "Gallinago gallinago", "Scolopacidae"),
    ("Western capercaillie", "Tetrao urogallus", "Phasianidae"),
    ("Eurasian otter", "Lutra lutra", "Mustelidae"),
    ("Pine marten", "Martes martes", "Mustelidae"),
    ("Red fox", "Vulpes vulpes", "Canidae"),
    ("Eurasian lynx", "Lynx lynx", "Felidae"),
    ("European beaver", "Castor fiber", "Castoridae"),
    ("Red squirrel", "Sciurus vulgaris", "Sciuridae"),
    ("Mountain hare", "Lepus timidus", "Leporidae"),
    ("Alpine ibex", "Capra ibex", "Bovidae"),
    ("Common pipistrelle", "Pipistrellus pipistrellus", "Vespertilionidae"),
    ("Smooth newt", "Lissotriton vulgaris", "Salamandridae"),
    ("Swallowtail", "Papilio machaon", "Papilionidae"),
    ("Emperor dragonfly", "Anax imperator", "Aeshnidae"),
]

TAGS = """
dawn dusk night song call flock nest juvenile pair migration winter display feeding tracks
first-of-year ringed rare garden
""".split()

NOTE_OPENINGS = [
    "Seen from the hide",
    "Low over the water",
    "Heard long before it showed itself",
    "Sat still for ten minutes",
    "Crossed the path twice",
    "In the reeds on the far side",
    "On the top of a dead birch",
    "Along the ditch behind the farm",
    "At the feeder again",
    "Fresh tracks first, then the animal",
]

NOTE_ENDINGS = [
    "light wind from the west.",
    "no wind at all, thin ice at the edge.",
    "two walkers came by and it did not mind.",
    "carrying food, so the nest is close.",
    "singing as if paid by the hour.",
    "gone before I had the camera up.",
    "the same bird as last week, I believe.",
    "drizzle, and nobody else about.",
    "the light was perfect for once.",
    "will come back tomorrow with the scope.",
]

REMARKS = [
    "Lovely find!",
    "I was there an hour too late, it seems.",
    "Could this be a first for the site?",
    "Ours left last week.",
    "Have you a recording too?",
    "The wing bar looks right to me.",
    "Confirmed, thank you for the picture.",
    "Same here, three of them.",
    "What a year it has been for these.",
    "Please mind the nest when you go back.",
    "Added to the monthly count.",
    "Envious. Very.",
]
