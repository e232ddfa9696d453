"""Write a REST API's OpenAPI body out as resources, methods and gateway responses.

The engine's import of a body forgets ANY methods, mock answers (CORS) and gateway responses; as resources
of their own it knows them all. On AWS the body itself is deployed.
"""

from __future__ import annotations

from typing import Any

from dev.engine.cloudformation import Template

_ANY = "x-amazon-apigateway-any-method"
_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_GATEWAY_RESPONSES = "x-amazon-apigateway-gateway-responses"
_BINARY_TYPES = "x-amazon-apigateway-binary-media-types"

Resources = dict[str, dict[str, Any]]


def with_explicit_routes(template: Template) -> Template:
    """Return the expanded template with every REST API's body written out."""
    resources: Resources = {}
    for name, resource in template["Resources"].items():
        body = resource.get("Properties", {}).get("Body")
        if resource["Type"] != "AWS::ApiGateway::RestApi" or not isinstance(body, dict):
            resources[name] = resource
            continue
        written = _routes(name, body.get("paths", {})) | _gateway_responses(name, body)
        resources |= written | {name: _without_body(resource, body)}
        _deploy_after(template, name, list(written))
    return {**template, "Resources": resources}


def _without_body(resource: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    properties = {key: value for key, value in resource["Properties"].items() if key != "Body"}
    types = properties.get("BinaryMediaTypes", body.get(_BINARY_TYPES, []))
    properties["BinaryMediaTypes"] = [
        text.replace("~1", "/") for text in types
    ]  # the engine unescapes nothing
    return {**resource, "Properties": properties}


def _deploy_after(template: Template, api: str, names: list[str]) -> None:
    """Make the API's deployments wait for its routes, which a deployment takes a copy of."""
    for resource in template["Resources"].values():
        deployed = resource.get("Properties", {}).get("RestApiId") == {"Ref": api}
        if deployed and resource["Type"] == "AWS::ApiGateway::Deployment":
            resource["DependsOn"] = names


def _routes(api: str, paths: dict[str, Any]) -> Resources:
    """Return a resource for every path segment and a method for every operation."""
    written: Resources = {}
    for path, operations in paths.items():
        parent: Any = {"Fn::GetAtt": [api, "RootResourceId"]}
        walked = ""
        for segment in path.strip("/").split("/") if path != "/" else ():
            walked += f"/{segment}"
            name = f"{api}Path{_identifier(walked)}"
            properties = {"RestApiId": {"Ref": api}, "ParentId": parent, "PathPart": segment}
            written[name] = {"Type": "AWS::ApiGateway::Resource", "Properties": properties}
            parent = {"Ref": name}
        for method, operation in _explicit(operations).items():
            name = f"{api}Method{_identifier(path)}{method.title()}"
            written[name] = _method(api, parent, method, operation)
    return written


def _explicit(operations: dict[str, Any]) -> dict[str, Any]:
    """Return operations by method, with an ANY method written out for those that are not named."""
    rest = dict.fromkeys(_METHODS, operations[_ANY]) if _ANY in operations else {}
    return rest | {method: operations[method] for method in _METHODS if method in operations}


def _identifier(path: str) -> str:
    """Return the path as part of a logical id, distinct for distinct paths."""
    return "".join(char if char.isalnum() else f"x{ord(char):x}" for char in path.strip("/"))


def _method(api: str, resource_id: Any, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    integration = operation.get("x-amazon-apigateway-integration", {})
    properties = {
        "RestApiId": {"Ref": api},
        "ResourceId": resource_id,
        "HttpMethod": method.upper(),
        "AuthorizationType": "NONE",
        "Integration": {
            "Type": integration.get("type", "").upper(),
            "IntegrationHttpMethod": integration.get("httpMethod", "POST"),
            "Uri": integration.get("uri", ""),
            "RequestTemplates": integration.get("requestTemplates", {}),
            "IntegrationResponses": [
                {
                    "StatusCode": str(response.get("statusCode", 200)),
                    "ResponseParameters": response.get("responseParameters", {}),
                    "ResponseTemplates": response.get("responseTemplates", {}),
                }
                for response in integration.get("responses", {}).values()
            ],
        },
    }
    return {"Type": "AWS::ApiGateway::Method", "Properties": properties}


def _gateway_responses(api: str, body: dict[str, Any]) -> Resources:
    """Return one resource for each customised answer of the gateway itself."""
    return {
        f"{api}Answer{_identifier(kind)}": {
            "Type": "AWS::ApiGateway::GatewayResponse",
            "Properties": {
                "RestApiId": {"Ref": api},
                "ResponseType": kind,
                **({"StatusCode": str(answer["statusCode"])} if "statusCode" in answer else {}),
                "ResponseParameters": answer.get("responseParameters", {}),
                "ResponseTemplates": answer.get("responseTemplates", {}),
            },
        }
        for kind, answer in body.get(_GATEWAY_RESPONSES, {}).items()
    }
