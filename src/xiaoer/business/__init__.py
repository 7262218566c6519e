"""What Xiaoer does, by context. A context has the same few files everywhere:

`actions` write and announce, `queries` read with the permission inside, `rules` decide and are pure, `events`
are facts, `types` and `ports` are shapes. Roots (shop, audit, identity, customer, catalog) lie under records
(conversation, order, knowledge, storefront), which lie under flows (reply). Siblings do not import each other.
Open `conversation/` first.
"""
