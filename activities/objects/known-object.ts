import type { CatalogDocument } from "../../sdk/contracts/catalog.ts";
import type { ObjectInfo } from "../../sdk/contracts/object.ts";

/** What the catalog knows of an object, where nobody is going to read it. */
export function knownObject(document: CatalogDocument): ObjectInfo {
  const {
    swift_object_id: id,
    object_number: number,
    store,
    swift_container: container,
    key,
    version,
    content_type: type,
    size,
  } = document;
  const { swift_user: user, project, application, data_processing: dataProcessing, other_data: metadata } = document;
  const lastModified = new Date(document.last_modified).toISOString();
  return { id, number, store, container, key, version, type, size, lastModified, user, project, application, dataProcessing, metadata };
}
