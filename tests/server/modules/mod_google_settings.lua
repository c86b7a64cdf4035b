-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- User settings (google:setting), kept in the account's table `settings`: booleans, and the name; no
-- table while nobody asked. The first GET subscribes the session to pushes; a change is pushed to the
-- other subscribed sessions. Operation of the control port:
--   settings {jid, values?}  all of them; with values (name = boolean) they are changed first, as if
--                            by another client, and pushed

local google = module:require "google";
local iq = module:require "google_iq";
local st = require "util.stanza";

local host = module.host;
local xmlns = "google:setting";

local ORDER = { "autoacceptsuggestions", "mailnotifications", "archivingenabled", "gmail",
	"emailverified", "domainprivacynotice", "displayname" };
local READ_ONLY = { gmail = true, emailverified = true, domainprivacynotice = true,
	displayname = true };
local DEFAULTS = { autoacceptsuggestions = false, mailnotifications = false,
	archivingenabled = true, gmail = true, emailverified = true, domainprivacynotice = false };
local BOOLEANS = { ["true"] = true, ["false"] = false };

local function settings_of(account)
	if not account.settings then
		account.settings = { displayname = account.jid:match("^[^@]*") };
		for name, value in pairs(DEFAULTS) do account.settings[name] = value; end
	end
	return account.settings;
end

local function build(values)
	local payload = st.stanza("usersetting", { xmlns = xmlns });
	for _, name in ipairs(ORDER) do
		if values[name] ~= nil then
			payload:tag(name, { value = tostring(values[name]) }):up();
		end
	end
	return payload;
end

-- changed by `setter`, a session or nil
local function push(account, changed, setter)
	local domain = account.jid:match("@(.*)$");
	local all = google.switch(domain, "settings-push") == "all";
	local echo = google.switch(domain, "settings-echo");
	for _, session in ipairs(iq.sessions(account.jid)) do
		if iq.state(session).settings and (session ~= setter or echo) then
			iq.push(session, build(all and account.settings or changed), { kind = "settings" });
		end
	end
end

local function change(account, values, setter)
	local settings, changed = settings_of(account), {};
	for name, value in pairs(values) do
		if settings[name] ~= value then changed[name] = value; end
		settings[name] = value;
	end
	if next(changed) then push(account, changed, setter); end
end

local function read_values(payload)
	local values = {};
	for child in payload:childtags(nil, xmlns) do
		local value = child.attr.value;
		if child.name ~= "displayname" then value = BOOLEANS[value]; end
		if value == nil or DEFAULTS[child.name] == nil and child.name ~= "displayname" then
			return nil, "bad-request", "modify";
		end
		if READ_ONLY[child.name] and not google.switch(host, "settings-writable") then
			return nil, "bad-request", "modify", child.name.." cannot be set";
		end
		values[child.name] = value;
	end
	return values;
end

iq.provide {
	feature = xmlns; xmlns = xmlns; tag = "usersetting";
	get = function (request)
		iq.state(request.session).settings = true;
		return build(settings_of(request.account));
	end;
	set = function (request)
		local values, condition, kind, text = read_values(request.payload);
		if not values then return nil, condition, kind, text; end
		change(request.account, values, request.session);
		return true;
	end;
};

iq.operation("settings", function (request)
	local account = google.ensure_account(request.jid);
	change(account, request.values or {});
	return { settings = settings_of(account) };
end);
