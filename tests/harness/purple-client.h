/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * purple-client.h: the parts of purple-client: the program itself, what it tells of the plugin's
 * messages, stream management and archive, of mail and settings, and what a person sees,
 * chooses and fills in. */
#pragma once

#include <json-glib/json-glib.h>
#include <purple.h>

/* ---- purple-client.c: telling --------------------------------------------------------------- */

JsonBuilder *
client_begin(const char *event);

/* value may be NULL. */
void
client_add(JsonBuilder *builder, const char *name, const char *value);
void
client_add_int(JsonBuilder *builder, const char *name, gint64 value);
void
client_add_boolean(JsonBuilder *builder, const char *name, gboolean value);

/* (transfer full) */
void
client_end(JsonBuilder *builder);

/* ---- purple-client-units.c ------------------------------------------------------------------ */

/* Tells "googletalk-message", "bounced", "accepted", "acknowledged", "archive-done", "features"
 * and "written" (into a conversation). */
void
client_units_connect(PurplePlugin *plugin);

/* Commands: {"do": "hold", "hold": true} to hold every message from now on, {"do": "release",
 * "number": 3}, {"do": "take", "take": true} to take messages over, {"do": "next-id", "id": "..."},
 * {"do": "raw", "text": "..."} to send text past libpurple's stanzas.
 * FALSE if it is none of them. */
gboolean
client_units_run(PurpleAccount *account, const char *name, JsonObject *command);

/* ---- purple-client-talk.c ------------------------------------------------------------------- */

/* Tells "off-record", "off-record-refused", "undelivered" and "delivered". */
void
client_talk_connect(PurplePlugin *plugin);

/* Commands, each with "to": {"do": "open"} and "close" a conversation, {"do": "say", "text": "..."}
 * in it, {"do": "command", "text": "otr on"} (answered by "commanded"), {"do": "conversation"}
 * (whether it is open and logs), {"do": "deny"} and "allow", {"do": "buddy-menu"} (its labels; with
 * "label", that one is chosen), {"do": "off-record", "off": true} (answered by "asked"),
 * {"do": "record"}.
 * FALSE if it is none of them. */
gboolean
client_talk_run(PurpleAccount *account, const char *name, JsonObject *command);

/* ---- purple-client-roster.c ----------------------------------------------------------------- */

/* Tells "roster-contact", "buddy-status", "buddy-removed", "invited" and "suggested". */
void
client_roster_connect(PurplePlugin *plugin);

/* Commands: {"do": "roster-kind", "jid": "...", "kind": "normal" | "blocked" | "hidden" |
 * "pinned"},
 * {"do": "roster-list"}, {"do": "buddies"}, each answered by an event of the same name; "add-buddy"
 * (jid, group, alias, message), "alias-buddy" (jid, alias), "block" and "unblock" (jid), as user
 * interfaces do it; "invite" (jid, name, text) and "suggest" (jid, whom, name) are calls, answered
 * by "answer". FALSE if it is none of them. */
gboolean
client_roster_run(PurpleAccount *account, const char *name, JsonObject *command);

/* ---- purple-client-forms.c ------------------------------------------------------------------ */

/* PurpleRequestUiOps.request_fields; tells "form" with its fields: id, label, type (of libpurple),
 * value, base64 of an image. */
void *
client_form_open(const char *title, const char *primary, const char *secondary,
                 PurpleRequestFields *fields, const char *ok_text, GCallback ok,
                 const char *cancel_text, GCallback cancel, PurpleAccount *account, const char *who,
                 PurpleConversation *conversation, void *user_data);

/* Tells "form-closed". */
void
client_form_close(void *ui_handle);

/* Commands: {"do": "fill", "fields": {"id": value, ...}} for OK, {"do": "cancel"}.
 * FALSE if it is none of them. */
gboolean
client_form_run(PurpleAccount *account, const char *name, JsonObject *command);

/* ---- purple-client-mail.c ------------------------------------------------------------------- */

/* Tells "mail" and "setting". */
void
client_mail_connect(PurplePlugin *plugin);

/* Commands: {"do": "want-mail", "want": true} is the account's option for new mail notifications;
 * {"do": "check-mail"} and {"do": "get-setting", "name": "..."} are calls and tell their "answer";
 * {"do": "set-setting", "name": "...", "value": "..."}. FALSE if it is none of them. */
gboolean
client_mail_run(PurpleAccount *account, const char *name, JsonObject *command);

/* ---- purple-client-notices.c ---------------------------------------------------------------- */

/* Tells what a person is shown: "notice" (kind info or error), "emails" and "uri" (a page is
 * opened). */
void
client_notices_connect(PurplePlugin *plugin);

/* ---- purple-client-menu.c ------------------------------------------------------------------- */

/* Commands about the account's menu: {"do": "menu"} (told as an event of that name, with its
 * labels), {"do": "choose", "label": "..."}. FALSE if it is none of them. */
gboolean
client_menu_run(PurpleAccount *account, const char *name, JsonObject *command);

/* ---- purple-client-media.c ------------------------------------------------------------------ */

/* Tells "jingle-info" and "call". */
void
client_media_connect(PurplePlugin *plugin);

/* Commands: {"do": "media"}: from now on the program can take calls, with a backend that does
 * nothing but tell "media" (it rings), "media-stream" (with its STUN server) and
 * "media-candidates"; {"do": "accept-call"}, "reject-call", "hang-up" to all calls; {"do":
 * "calls"},
 * {"do": "media-caps", "to": "..."} and {"do": "call", "to": "..."} are answered by "calls",
 * "media-caps" and "called".
 * FALSE if it is none of them. */
gboolean
client_media_run(PurpleAccount *account, const char *name, JsonObject *command);

/* ---- purple-client-rooms.c ------------------------------------------------------------------ */

/* Tells "chat-joined", "chat-left", "chat-join-failed", "chat-invited" and "groupchat-refused". */
void
client_rooms_connect(PurplePlugin *plugin);

/* Commands: {"do": "groupchat", "who": [...]}, answered by an event of that name; "join" (room,
 * server, handle); "room" (to), answered likewise; "room-say" (to, text), "room-invite" (to, who,
 * text); "commands" (to): what could be typed in that conversation, answered likewise.
 * FALSE if it is none of them. */
gboolean
client_rooms_run(PurpleAccount *account, const char *name, JsonObject *command);

/* ---- purple-client-names.c ------------------------------------------------------------------ */

/* Command: {"do": "names", "names": {"talk.example": "127.0.0.1", "_xmpp-client._tcp.talk.example":
 * [["server.example", 5222], ...], ...}}, once: from now on these are the only names in libpurple's
 * DNS. FALSE if it is another one. */
gboolean
client_names_run(PurpleAccount *account, const char *name, JsonObject *command);
/* ---- purple-client-status.c ----------------------------------------------------------------- */

/* Tells "status" (the account's own), "shared-status", "queue" and "contact-status". */
void
client_status_connect(PurplePlugin *plugin);

/* Commands: {"do": "set-status", "id": "dnd", "text": "..."}, {"do": "set-texts", "busy": false,
 * "texts": [...]}, {"do": "idle", "idle": true}, {"do": "queue", "on": true};
 * {"do": "saved-statuses"} (told as an event of that name), {"do": "save-status", "title": "...",
 * "text": "..."}, {"do": "delete-status", "title":
 * ...}. FALSE if it is none of them. */
gboolean
client_status_run(PurpleAccount *account, const char *name, JsonObject *command);
