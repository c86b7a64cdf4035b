-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- New mail (google:mail:notify). The first query subscribes the session; mail is pushed to those
-- whose account has the setting mailnotifications, at most once in `mail-quiet-s`. Operations of the
-- control port:
--   mail {jid, threads}  new threads: tid (text), subject, snippet, senders ({name, address, unread,
--                        originator}), labels (list), participation, messages, date (ms), url; all
--                        but the tid have defaults. A tid that is there already is replaced.
--                        quiet (true: no push)
--   mail-read {jid, tid?} that thread, or all, are read: no longer in the inbox's unread
--   mail-queries {jid}   the queries seen, oldest first: time, newer_than_time, newer_than_tid, q

local google = module:require "google";
local iq = module:require "google_iq";
local array = require "util.array";
local now = require "util.time".now;
local st = require "util.stanza";

local host = module.host;
local xmlns = "google:mail:notify";

local QUERIES_MAX = 1000;

local function mail_of(account)
	account.mail = account.mail or { threads = {}, queries = array(), pushed = -math.huge };
	return account.mail;
end

-- 64 bits without a sign, as decimal text
local function is_newer(tid, than)
	if #tid ~= #than then return #tid > #than; end
	return tid > than;
end

local function ms(seconds) return ("%d"):format(math.floor(seconds * 1000)); end

-- Words of a search: is:unread, label:x, anything else is looked for in the subject.
local function matches(thread, q)
	for word in (q or "is:unread"):gmatch("%S+") do
		local label = word:match("^label:(.*)$");
		if word == "is:unread" then
			if not thread.unread then return false; end
		elseif label then
			if not array(thread.labels):contains(label) then return false; end
		elseif not thread.subject:lower():find(word:lower(), 1, true) then
			return false;
		end
	end
	return true;
end

local function find_threads(mail, query)
	local found = {};
	for _, thread in ipairs(mail.threads) do
		if thread.visible <= now() and matches(thread, query.q)
			and (not query["newer-than-time"] or thread.date > tonumber(query["newer-than-time"]))
			and (not query["newer-than-tid"] or is_newer(thread.tid, query["newer-than-tid"])) then
			table.insert(found, 1, thread);
		end
	end
	return found;
end

local function add_thread(mailbox, thread)
	mailbox:tag("mail-thread-info", { tid = thread.tid; date = ("%d"):format(thread.date);
		participation = ("%d"):format(thread.participation);
		messages = ("%d"):format(thread.messages); url = thread.url });
	mailbox:tag("senders");
	for _, sender in ipairs(thread.senders) do
		mailbox:tag("sender", { name = sender.name; address = sender.address;
			originator = sender.originator and "1" or nil;
			unread = sender.unread ~= false and "1" or nil }):up();
	end
	mailbox:up():text_tag("labels", table.concat(thread.labels, "|"));
	mailbox:text_tag("subject", thread.subject):text_tag("snippet", thread.snippet):up();
end

local function build(mail, query)
	local found, cap = find_threads(mail, query), google.switch(host, "mail-cap");
	local mailbox = st.stanza("mailbox", { xmlns = xmlns; ["result-time"] = ms(now());
		["total-matched"] = ("%d"):format(#found); ["total-estimate"] = "0";
		url = google.switch(host, "mail-url") });
	for i = 1, math.min(#found, cap) do add_thread(mailbox, found[i]); end
	return mailbox;
end

local function record(mail, query)
	mail.queries:push({ time = now(); q = query.q; newer_than_time = query["newer-than-time"];
		newer_than_tid = query["newer-than-tid"] });
	if #mail.queries > QUERIES_MAX then table.remove(mail.queries, 1); end
end

iq.provide {
	feature = xmlns; xmlns = xmlns; tag = "query";
	get = function (request)
		local mail = mail_of(request.account);
		iq.state(request.session).mail = true;
		record(mail, request.payload.attr);
		return build(mail, request.payload.attr);
	end;
};

local function push(account)
	local mail, domain = mail_of(account), account.jid:match("@(.*)$");
	if now() - mail.pushed < google.switch(domain, "mail-quiet-s") then return; end
	if not (account.settings or {}).mailnotifications then return; end
	mail.pushed = now();
	for _, session in ipairs(iq.sessions(account.jid)) do
		if iq.state(session).mail then
			iq.push(session, st.stanza("new-mail", { xmlns = xmlns }), { kind = "mail" });
		end
	end
end

local function deliver(mail, thread, delay_s)
	for i, known in ipairs(mail.threads) do
		if known.tid == thread.tid then table.remove(mail.threads, i); break; end
	end
	table.insert(mail.threads, {
		tid = thread.tid; subject = thread.subject or ""; snippet = thread.snippet or "";
		senders = thread.senders or { { name = "Bob"; address = "bob@talk.example" } };
		labels = thread.labels or { "^i" }; participation = thread.participation or 2;
		messages = thread.messages or 1; date = thread.date or math.floor(now() * 1000);
		url = thread.url; unread = true; visible = now() + delay_s;
	});
end

iq.operation("mail", function (request)
	local account = google.ensure_account(request.jid);
	local delay_ms = google.switch(request.jid:match("@(.*)$"), "mail-delay-ms");
	for _, thread in ipairs(request.threads) do
		deliver(mail_of(account), thread, delay_ms / 1000);
	end
	if not request.quiet then push(account); end
	return {};
end);

iq.operation("mail-read", function (request)
	for _, thread in ipairs(mail_of(google.ensure_account(request.jid)).threads) do
		if not request.tid or thread.tid == request.tid then thread.unread = false; end
	end
	return {};
end);

iq.operation("mail-queries", function (request)
	return { queries = mail_of(google.ensure_account(request.jid)).queries };
end);
