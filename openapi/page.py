"""The contract as a page for people, of page.html and the OpenAPI document.

Everything that comes from the document is escaped. Of CommonMark it knows what the document uses: paragraphs, tables,
lists with `-`, `code` and **bold**. Anything else stays the text it is.
"""

import base64
import hashlib
import json
import re
from html import escape

METHODS = ("get", "post", "put", "patch", "delete")

TEMPLATE = "openapi/page.html"

#: Where the gateway writes whether it is ready.
READINESS = "<!--readiness-->"


def page(contract, template):
    """What the gateway joins: the page up to the readiness, the page behind it, and the hash of its style.

    The hash is as a Content-Security-Policy has it.
    """
    start, end = cut(_Page(contract).fill(template), READINESS)
    style, _ = cut(cut(start + end, "<style>")[1], "</style>")
    return start, end, base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()


def cut(text, mark):
    """The text before and behind a mark."""
    if text.count(mark) != 1:
        raise ValueError(f"{TEMPLATE} has to have one {mark}")
    return text.split(mark)


def inline(text):
    """One line's markup."""
    parts = re.split(r"`([^`]+)`", text)
    for index, part in enumerate(parts):
        part = escape(part)
        parts[index] = (f"<code>{part}</code>" if index % 2
                        else re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", part))
    return "".join(parts)


def markdown(text):
    """Some paragraphs' markup."""
    return "\n".join(_block(block.split("\n")) for block in re.split(r"\n\s*\n", text.strip()) if block)


def _block(lines):
    if all(line.startswith("|") for line in lines):
        head, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
        return table(None, [inline(cell) for cell in head], [[inline(cell) for cell in row] for row in rows])
    if lines[0].startswith("- "):
        items = re.split(r"^- ", "\n".join(lines), flags=re.M)[1:]
        return "<ul>" + "".join(f"<li>{inline(item.strip())}</li>" for item in items) + "</ul>"
    return f"<p>{inline(chr(10).join(lines))}</p>"


def table(caption, head, rows):
    """A table of markup; the first cell of each row is its heading."""
    caption = f"<caption>{escape(caption)}</caption>" if caption else ""
    label = caption and f' role="region" aria-label="{escape(re.sub("<[^>]+>", "", caption))}"'
    head = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "\n".join(f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest) + "</tr>"
                     for first, *rest in rows)
    # What is too wide for a phone is scrolled by itself, with the keyboard as well.
    return (f'<div class="wide" tabindex="0"{label}><table>{caption}<thead><tr>{head}</tr></thead>'
            f"<tbody>\n{body}\n</tbody></table></div>")


def code(text):
    return f"<code>{escape(str(text))}</code>"


def block_of_code(text):
    return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'


def pretty(value):
    return json.dumps(value, indent=2, ensure_ascii=False)


class _Page:
    def __init__(self, contract):
        self.contract = contract

    def fill(self, template):
        info = self.contract["info"]
        values = {
            "summary": inline(info["summary"]), "about": markdown(info["description"]), "calls": self.calls(),
            "problems": self.problems(), "bodies": self.bodies(), "version": escape(info["version"]),
            "licence": escape(info["license"]["name"]), "openapi": escape(self.contract["openapi"])}
        # One pass, so that nothing that was put in is looked at again. The style's braces hold no lone word.
        return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], template)

    def resolved(self, node):
        """What a `$ref` refers to; what is beside it stands as well."""
        while "$ref" in node:
            target = self.contract
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
        return node

    # Calls

    def calls(self):
        return "\n".join(self.call(path, method, item) for path, item in self.contract["paths"].items()
                         for method in METHODS if method in item)

    def call(self, path, method, item):
        operation = item[method]
        name = operation["operationId"]
        return "\n".join(filter(None, [
            f'<section aria-labelledby="{name}">',
            f'<h3 id="{name}"><code>{method.upper()} {escape(path)}</code></h3>',
            f"<p><strong>{inline(operation['summary'])}</strong> {self.scope(operation)}"
            f"{' <code>HEAD</code> works as well.' if method == 'get' and 'head' in item else ''}</p>",
            markdown(operation["description"]),
            self.parameters(operation),
            self.request_body(operation),
            "<h4>Example</h4>",
            block_of_code(self.curl(path, method, operation)),
            self.examples(operation),
            self.answers(operation),
            "</section>"]))

    def scope(self, operation):
        scopes = [scope for each in operation.get("security", []) for names in each.values() for scope in names]
        if not scopes:
            return "No token is needed."
        return "Needs a token with the scope " + ", ".join(map(code, scopes)) + "."

    def parameters(self, operation):
        rows = []
        for parameter in map(self.resolved, operation.get("parameters", [])):
            needed = "needed" if parameter.get("required") else "optional"
            rows.append([code(parameter["name"]), f"{parameter['in']}, {needed}", self.type_of(parameter["schema"]),
                         markdown(parameter["description"]) + self.example_of(parameter)])
        return rows and table("Parameters", ["Name", "Where", "What", "Meaning"], rows) or ""

    def example_of(self, described):
        return f"<p>Example: {code(described['example'])}</p>" if "example" in described else ""

    def request_body(self, operation):
        if "requestBody" not in operation:
            return ""
        body = self.resolved(operation["requestBody"])
        kinds = [f"{code(kind)}: {self.type_of(media['schema'])}" for kind, media in body["content"].items()]
        return f"<h4>Body</h4>\n{markdown(body['description'])}\n<p>{'; '.join(kinds)}</p>"

    def curl(self, path, method, operation):
        """A command line for the call, with the contract's own example values."""
        line = ["curl -sS"] + ([f"-X {method.upper()}"] if method != "get" else [])
        if operation.get("security"):
            line.append('-H "Authorization: Bearer $TOKEN"')
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            example = self.resolved(next(iter(media["examples"].values())))["value"]
            line += [f'-H "Content-Type: {kind}"', f"-d '{json.dumps(example)}'"]
        for parameter in map(self.resolved, operation.get("parameters", [])):
            if parameter["in"] == "path":
                path = path.replace("{%s}" % parameter["name"], parameter["example"])
        line.append(f'"$GATEWAY{path}"')
        return (" \\\n  " if len(line) > 3 else " ").join(line)

    def examples(self, operation):
        """The bodies that a success may have."""
        found = []
        for status, response in operation["responses"].items():
            for media in self.resolved(response).get("content", {}).values() if status < "300" else []:
                found += map(self.resolved, media.get("examples", {}).values())
        return "\n".join(
            f"<details><summary>{inline(example.get('summary', 'The answer'))}</summary>"
            f"{block_of_code(pretty(example['value']))}</details>" for example in found)

    def answers(self, operation):
        rows = []
        for status, response in operation["responses"].items():
            response = self.resolved(response)
            bodies = [self.body_of(kind, media["schema"]) for kind, media in response.get("content", {}).items()]
            rows.append([status, "<br>".join(bodies), markdown(response["description"])])
        return table("Answers", ["Status", "Body", "When"], rows)

    def body_of(self, kind, schema):
        """What a response's body is: the codes of a problem, else its type."""
        codes = sorted({code for code, _ in self.codes(schema)})
        if codes:
            return "<br>".join(f'<a href="#{name}">{code(name)}</a>' for name in codes)
        return self.type_of(schema) if kind == "application/json" else code(kind)

    # Problems

    def codes(self, schema, outcomes=()):
        """The codes that a response's schema has, each with its outcomes, where it says some."""
        here = schema.get("properties", {})
        outcomes = tuple(self.values(here.get("outcome", {}))) or outcomes
        found = [(name, outcomes) for name in self.values(here.get("code", {}))]
        for part in [*schema.get("allOf", []), *schema.get("oneOf", [])]:
            found += self.codes(part, outcomes)
        return found

    @staticmethod
    def values(schema):
        return [schema["const"]] if "const" in schema else schema.get("enum", [])

    def problems(self):
        known = self.contract["components"]["schemas"]
        outcomes, examples = {}, {}
        for response in self.contract["components"]["responses"].values():
            media = response.get("content", {}).get("application/problem+json")
            if media is None:
                continue
            for name, some in self.codes(media["schema"]):
                outcomes.setdefault(name, set()).update(some or known["Outcome"]["enum"])
            for example in map(self.resolved, media["examples"].values()):
                examples.setdefault(example["value"]["code"], {})[example["summary"]] = example["value"]
        rows = []
        for name in known["Problem"]["properties"]["code"]["enum"]:
            first = next(iter(examples[name].values()))
            possible = [code(each) for each in known["Outcome"]["enum"] if each in outcomes[name]]
            details = "".join(f"<li>{escape(summary)}: “{escape(value['detail'])}”</li>"
                              for summary, value in examples[name].items())
            rows.append([f'<code id="{name}">{name}</code>', str(first["status"]), " ".join(possible),
                         f"{escape(first['title'])}<ul>{details}</ul>"])
        return table("Problem codes", ["Code", "Status", "Outcome", "For example"], rows)

    # Bodies

    def bodies(self):
        schemas = self.contract["components"]["schemas"]
        return "\n".join(self.schema(name, schema) for name, schema in schemas.items() if self.has_place(schema))

    @staticmethod
    def has_place(schema):
        """Whether a schema of the document has a section of its own; the others are told where they are used."""
        return schema.get("type") == "object" or "enum" in schema

    def schema(self, name, schema):
        parts = [f'<h3 id="{name}"><code>{name}</code></h3>']
        if "description" in schema:
            parts.append(markdown(schema["description"]))
        parts += self.members(f"Members of {name}", schema)
        return "\n".join(parts)

    def members(self, caption, schema):
        """A table of an object's members, and one for each member that is an object itself."""
        needed, rows, inner = schema.get("required", []), [], []
        for member, described in schema.get("properties", {}).items():
            # What has a place of its own here is described there.
            meaning = described if self.has_place(self.resolved(described)) else self.resolved(described)
            rows.append([code(member), "always" if member in needed else "not always", self.type_of(described),
                         markdown(meaning.get("description", ""))])
            nested = described.get("items", described)
            if "properties" in nested:
                inner += self.members(f"Members of {member}", nested)
        return ([table(caption, ["Member", "There", "What", "Meaning"], rows)] if rows else []) + inner

    def type_of(self, schema):
        """A type in a few words."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            target = self.resolved(schema)
            if self.has_place(target):
                return f'<a href="#{name}">{code(name)}</a>'
            return self.type_of(target)
        for alternatives in ("oneOf", "allOf"):
            if alternatives in schema:
                return " or ".join(self.type_of(part) for part in schema[alternatives] if "$ref" in part)
        if "const" in schema:
            return code(schema["const"]) if isinstance(schema["const"], str) else code(json.dumps(schema["const"]))
        if "enum" in schema:
            return " or ".join(map(code, schema["enum"]))
        if schema.get("type") == "array":
            limits = f", at most {schema['maxItems']}" if "maxItems" in schema else ""
            return f"list of {self.type_of(schema['items'])}{limits}"
        return escape(schema.get("type", "anything")) + self.limits(schema)

    @staticmethod
    def limits(schema):
        words = []
        for low, high, unit in [("minimum", "maximum", ""), ("minLength", "maxLength", " characters")]:
            if low in schema and high in schema:
                words.append(f"{schema[low]} to {schema[high]}{unit}")
            elif low in schema:
                words.append(f"{schema[low]} or more{unit}")
            elif high in schema:
                words.append(f"at most {schema[high]}{unit}")
        if "pattern" in schema:
            words.append(code(schema["pattern"]))
        return "".join(f", {word}" for word in words)
