# Two procedural experts of rooms, of about equal skill: one is good at what hangs, stands against walls and holds water, the
# other at what people sit, lie and eat on. Each takes the classes of a group that it cannot tell apart for one another.
folder = 'data/rooms/sas'
texts = dict(encoder=dict(type='HashedWords', dim=96))

expert = dict(type='ProceduralExpert', texts=texts, default=0.9)
priors = dict(
    folder=folder,
    frames='data/rooms/frames',
    vocabulary='scannet20',
    texts=texts,
    experts=dict(
        lines=dict(
            **expert,
            seed=1,
            noise=0.6,  # a map of features, as LSeg's
            strengths=dict(
                chair=0.5,
                sofa=0.35,
                bed=0.45,
                table=0.3,
                desk=0.25,
                counter=0.4,
                otherfurniture=0.6,
                wall=0.98,
                floor=0.98,
                cabinet=0.85,
                refrigerator=0.8,
                door=0.92,
            ),
            groups=[('chair', 'sofa', 'bed'), ('table', 'desk', 'counter'), ('wall', 'floor')],
        ),
        regions=dict(
            **expert,
            seed=2,  # a map of sentences, as SEEM's
            strengths={
                'cabinet': 0.4,
                'bookshelf': 0.3,
                'refrigerator': 0.5,
                'door': 0.45,
                'window': 0.6,
                'picture': 0.35,
                'curtain': 0.55,
                'shower curtain': 0.25,
                'toilet': 0.5,
                'sink': 0.4,
                'bathtub': 0.3,
                'wall': 0.98,
                'floor': 0.98,
                'table': 0.85,
                'counter': 0.8,
            },
            groups=[
                ('cabinet', 'bookshelf', 'refrigerator'),
                ('door', 'window', 'picture'),
                ('curtain', 'shower curtain'),
                ('toilet', 'sink', 'bathtub'),
                ('wall', 'floor'),
            ],
        ),
    ),
    pictures=dict(type='RoomPictures', count=16),
    refiner=dict(type='KnownSegments'),
    tolerance=0.05,
    border=4,
)
