-- lock_timeout: 5s
-- The spine: shops, people, customers, conversations with their numbered timeline, knowledge, the built-in shop.
-- shop_id leads every key. Text that is a key or is compared is COLLATE "C" (the embedded server has no ICU).

CREATE TABLE shop (
    shop_id         uuid PRIMARY KEY,
    slug            text COLLATE "C" NOT NULL UNIQUE,
    name            text NOT NULL,
    locale          text COLLATE "C" NOT NULL DEFAULT 'zh-CN',
    timezone        text COLLATE "C" NOT NULL DEFAULT 'Asia/Shanghai',
    currency        text COLLATE "C" NOT NULL DEFAULT 'CNY',
    widget_key      text COLLATE "C" NOT NULL UNIQUE,
    identity_secret bytea NOT NULL,                     -- sealed; signs shopper identities
    settings        jsonb NOT NULL DEFAULT '{}',
    knowledge_stamp bigint NOT NULL DEFAULT 0,          -- rises with every change of knowledge
    is_demo         boolean NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE staff (
    shop_id       uuid NOT NULL REFERENCES shop,
    staff_id      uuid NOT NULL,
    email         text COLLATE "C" NOT NULL UNIQUE,      -- lower case; one sign-in form for all shops
    name          text NOT NULL,
    role          text COLLATE "C" NOT NULL CHECK (role IN ('administrator', 'supervisor', 'agent', 'editor')),
    password_hash text NOT NULL,
    locale        text COLLATE "C" NOT NULL DEFAULT 'zh-CN',
    last_seen_at  timestamptz,                           -- a desk socket is open while this is fresh
    disabled_at   timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shop_id, staff_id)
);

CREATE TABLE staff_session (
    token_hash   bytea PRIMARY KEY,
    shop_id      uuid NOT NULL,
    staff_id     uuid NOT NULL,
    user_agent   text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    FOREIGN KEY (shop_id, staff_id) REFERENCES staff ON DELETE CASCADE
);
CREATE INDEX staff_session_by_staff ON staff_session (shop_id, staff_id);

CREATE TABLE rate_limit (
    key          text COLLATE "C" PRIMARY KEY,
    window_start timestamptz NOT NULL,
    uses         int NOT NULL
);

CREATE TABLE audit_entry (
    shop_id     uuid NOT NULL,
    audit_id    uuid NOT NULL,
    actor_kind  text COLLATE "C" NOT NULL,
    actor_id    uuid,
    action      text COLLATE "C" NOT NULL,
    object_kind text COLLATE "C" NOT NULL,
    object_id   text COLLATE "C" NOT NULL,
    detail      jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shop_id, audit_id)
);

CREATE TABLE customer (
    shop_id      uuid NOT NULL REFERENCES shop,
    customer_id  uuid NOT NULL,
    external_id  text COLLATE "C",                       -- the shop's own id; set only when signed
    name         text NOT NULL DEFAULT '',
    locale       text COLLATE "C" NOT NULL DEFAULT 'zh-CN',
    merged_into  uuid,                                   -- an anonymous visitor who signed in
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shop_id, customer_id),
    UNIQUE (shop_id, external_id)
);

CREATE TABLE visitor_session (
    token_hash  bytea PRIMARY KEY,
    shop_id     uuid NOT NULL,
    customer_id uuid NOT NULL,
    is_verified boolean NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL,
    FOREIGN KEY (shop_id, customer_id) REFERENCES customer ON DELETE CASCADE
);
CREATE INDEX visitor_session_by_customer ON visitor_session (shop_id, customer_id);

-- Processes beat every second on the database clock; three seconds of silence free their leases.
CREATE TABLE process (
    process_id uuid PRIMARY KEY,
    role       text COLLATE "C" NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    beat_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE conversation (
    shop_id            uuid NOT NULL REFERENCES shop,
    conversation_id    uuid NOT NULL,
    customer_id        uuid NOT NULL,
    channel            text COLLATE "C" NOT NULL DEFAULT 'web',
    locale             text COLLATE "C" NOT NULL,
    state              text COLLATE "C" NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'ended')),
    handler            text COLLATE "C" NOT NULL DEFAULT 'bot' CHECK (handler IN ('bot', 'queue', 'staff')),
    assignee_id        uuid,
    seq                bigint NOT NULL DEFAULT 0,        -- staff's gap-free counter
    public_seq         bigint NOT NULL DEFAULT 0,        -- the shopper's gap-free counter
    due_seq            bigint NOT NULL DEFAULT 0,        -- the newest shopper message the bot owes an answer
    answered_seq       bigint NOT NULL DEFAULT 0,
    lease_epoch        bigint NOT NULL DEFAULT 0,
    lease_owner        uuid,
    customer_read_seq  bigint NOT NULL DEFAULT 0,        -- in public_seq
    staff_read_seq     bigint NOT NULL DEFAULT 0,        -- in public_seq
    unread             int NOT NULL DEFAULT 0,           -- shopper messages no person has seen
    context            jsonb NOT NULL DEFAULT '{}',      -- page and product being looked at
    dialogue           jsonb NOT NULL DEFAULT '{}',      -- the bot's state
    summary            jsonb NOT NULL DEFAULT '{}',      -- what an agent reads at hand-over
    rating             jsonb,
    last_text          text NOT NULL DEFAULT '',         -- preview for lists; holds tokens, no personal spans
    last_actor         text COLLATE "C" NOT NULL DEFAULT '',
    last_message_at    timestamptz NOT NULL DEFAULT now(),
    waiting_since      timestamptz,
    created_at         timestamptz NOT NULL DEFAULT now(),
    ended_at           timestamptz,
    PRIMARY KEY (shop_id, conversation_id),
    FOREIGN KEY (shop_id, customer_id) REFERENCES customer,
    FOREIGN KEY (shop_id, assignee_id) REFERENCES staff
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX conversation_open_per_customer ON conversation (shop_id, customer_id) WHERE state = 'open';
CREATE INDEX conversation_by_customer ON conversation (shop_id, customer_id, created_at DESC);
CREATE INDEX conversation_due ON conversation (conversation_id) WHERE due_seq > answered_seq;
CREATE INDEX conversation_queue ON conversation (shop_id, waiting_since) WHERE handler = 'queue' AND state = 'open';
CREATE INDEX conversation_mine ON conversation (shop_id, assignee_id, last_message_at DESC) WHERE handler = 'staff' AND state = 'open';
CREATE INDEX conversation_by_time ON conversation (shop_id, state, handler, last_message_at DESC);

-- The timeline: messages, notes and state changes, numbered by the statement that inserts them.
CREATE TABLE event (
    shop_id         uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq             bigint NOT NULL,
    public_seq      bigint,                              -- null: the shopper may not see it
    kind            text COLLATE "C" NOT NULL,
    actor_kind      text COLLATE "C" NOT NULL CHECK (actor_kind IN ('customer', 'bot', 'staff', 'system')),
    actor_id        uuid,
    actor_name      text NOT NULL DEFAULT '',
    client_id       text COLLATE "C",                    -- the sender's own id: makes sending idempotent
    body_hash       bytea,                               -- of what was sent, to refuse an id reused with another body
    data            jsonb NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shop_id, conversation_id, seq),
    FOREIGN KEY (shop_id, conversation_id) REFERENCES conversation
);
CREATE UNIQUE INDEX event_public ON event (shop_id, conversation_id, public_seq) WHERE public_seq IS NOT NULL;
CREATE UNIQUE INDEX event_client ON event (shop_id, actor_id, client_id) WHERE client_id IS NOT NULL;

CREATE TABLE sealed_span (
    shop_id         uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq             bigint NOT NULL,
    ordinal         int NOT NULL,
    sealed          bytea NOT NULL,
    PRIMARY KEY (shop_id, conversation_id, seq, ordinal),
    FOREIGN KEY (shop_id, conversation_id, seq) REFERENCES event ON DELETE CASCADE
);

CREATE TABLE attachment (
    shop_id       uuid NOT NULL REFERENCES shop,
    attachment_id uuid NOT NULL,
    customer_id   uuid,                                  -- the shopper it belongs to; null: the shop's own material
    staff_id      uuid,
    name          text NOT NULL,
    mime          text COLLATE "C" NOT NULL,
    bytes         bigint NOT NULL,
    width         int,
    height        int,
    blob_id       uuid NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shop_id, attachment_id)
);

CREATE TABLE knowledge_entry (
    shop_id    uuid NOT NULL REFERENCES shop,
    entry_id   text COLLATE "C" NOT NULL,                -- the pack's id, or own.<random>
    category   text COLLATE "C" NOT NULL,
    state      text COLLATE "C" NOT NULL CHECK (state IN ('draft', 'published', 'archived')),
    version    int NOT NULL,
    hot        int,
    intent     text COLLATE "C",
    related    text[] NOT NULL DEFAULT '{}',
    content    jsonb NOT NULL,                           -- {locale: {question, similar, answer}}
    sort_key   text COLLATE "C" NOT NULL,                -- pinyin of the question
    pack_hash  bytea,                                    -- of the pack's text, while the shop has not edited it
    stamp      bigint NOT NULL,                          -- shop.knowledge_stamp of the last change
    updated_by uuid,
    updated_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shop_id, entry_id)
);
CREATE INDEX knowledge_by_stamp ON knowledge_entry (shop_id, stamp);
CREATE INDEX knowledge_by_question ON knowledge_entry (shop_id, sort_key, entry_id);

CREATE TABLE knowledge_version (
    shop_id    uuid NOT NULL,
    entry_id   text COLLATE "C" NOT NULL,
    version    int NOT NULL,
    snapshot   jsonb NOT NULL,
    changed_by uuid,
    changed_by_name text NOT NULL DEFAULT '',
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shop_id, entry_id, version),
    FOREIGN KEY (shop_id, entry_id) REFERENCES knowledge_entry
);

CREATE TABLE product (
    shop_id    uuid NOT NULL REFERENCES shop,
    product_id text COLLATE "C" NOT NULL,
    category   text COLLATE "C" NOT NULL,
    title      text NOT NULL,
    sort_key   text COLLATE "C" NOT NULL,
    detail     jsonb NOT NULL,                           -- titles per locale, attributes, promotion, picture, variants
    price      bigint NOT NULL,                          -- lowest variant price, minor units
    stock      int NOT NULL,                             -- over all variants
    PRIMARY KEY (shop_id, product_id)
);
CREATE INDEX product_by_category ON product (shop_id, category, product_id);

-- The built-in shop.
CREATE TABLE storefront_account (
    shop_id    uuid NOT NULL REFERENCES shop,
    account_id text COLLATE "C" NOT NULL,
    name       text NOT NULL,
    detail     jsonb NOT NULL,
    PRIMARY KEY (shop_id, account_id)
);

CREATE TABLE storefront_order (
    shop_id    uuid NOT NULL,
    number     text COLLATE "C" NOT NULL,
    account_id text COLLATE "C" NOT NULL,
    state      text COLLATE "C" NOT NULL CHECK (state IN
        ('unpaid', 'paid', 'shipped', 'delivered', 'completed', 'cancelled', 'refunding', 'refunded')),
    amount     bigint NOT NULL,
    currency   text COLLATE "C" NOT NULL,
    detail     jsonb NOT NULL,                           -- items, payment, shipments with traces, refunds, invoice, receiver
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shop_id, number),
    FOREIGN KEY (shop_id, account_id) REFERENCES storefront_account
);
CREATE INDEX storefront_order_by_account ON storefront_order (shop_id, account_id, created_at DESC);
