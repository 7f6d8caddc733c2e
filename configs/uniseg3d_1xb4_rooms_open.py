# Free names for what the model finds: it learns them from sentences, and is tested with names that no sentence says, too.
_base_ = './uniseg3d_1xb4_rooms.py'

names = 'data/rooms/open_names.json'  # what to find instances of, and which of these names training hears
model = dict(
    names=names,
    decoder=dict(name_head=dict(type='NamingHead', dim=128, text_dim=96, classes=18)),
    criterion=dict(weights=dict(open_text=1.0)),
)
val_evaluator = dict(names=names)
test_evaluator = dict(names=names)
