//! What each operation does to the library: statuses, bodies and messages as ImageKit has them.

mod assets;
mod bulk;
mod cache;
mod custom_metadata_fields;
mod files;
mod folders;
mod metadata;
mod named_transformations;
mod origins;
mod saved_extensions;
pub(crate) mod upload;
mod url_endpoints;
mod usage;
mod versions;
mod webhooks;

use crate::Library;
use crate::library::content::Storage;
use crate::reply::Outcome;
use crate::request::Request;

/// What operations work on.
pub(crate) struct Context<'a> {
    pub(crate) library: &'a mut Library,
    pub(crate) storage: &'a Storage,
}

/// The keys of the account.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    pub(crate) private: String,
    pub(crate) public: String,
}

pub(crate) type Operation = fn(&mut Context<'_>, &Request<'_>) -> Outcome;

/// Returns what an operation does, by its id in the document; `None` if nothing is known of it here.
pub(crate) fn find(id: &str) -> Option<Operation> {
    Some(match id {
        "getFileDetails" => files::get_details,
        "updateFileDetails" => files::update_details,
        "deleteFile" => files::delete,
        "copyFile" => files::copy,
        "moveFile" => files::move_,
        "renameFile" => files::rename,
        "deleteMultipleFiles" => bulk::delete,
        "addTagsToFiles" => bulk::add_tags,
        "removeTagsFromFiles" => bulk::remove_tags,
        "removeAiTagsFromFiles" => bulk::remove_ai_tags,
        "listFileVersions" => versions::list,
        "getFileVersionDetails" => versions::get,
        "deleteFileVersion" => versions::delete,
        "restoreFileVersion" => versions::restore,
        "getFileMetadata" => metadata::of_file,
        "getMetadataFromUrl" => metadata::of_url,
        "createCustomMetadataField" => custom_metadata_fields::create,
        "listCustomMetadataFields" => custom_metadata_fields::list,
        "updateCustomMetadataField" => custom_metadata_fields::update,
        "deleteCustomMetadataField" => custom_metadata_fields::delete,
        "listAssets" => assets::list,
        "uploadFile" | "uploadFileV2" => upload::upload,
        "purgeCache" => cache::purge,
        "getPurgeStatus" => cache::status,
        "createFolder" => folders::create,
        "deleteFolder" => folders::delete,
        "copyFolder" => folders::copy,
        "moveFolder" => folders::move_,
        "renameFolder" => folders::rename,
        "getBulkJobStatus" => folders::job_status,
        "getUsage" => usage::get,
        "getUsageAnalytics" => usage::get_analytics,
        "createSavedExtension" => saved_extensions::create,
        "listSavedExtensions" => saved_extensions::list,
        "getSavedExtension" => saved_extensions::get,
        "updateSavedExtension" => saved_extensions::update,
        "deleteSavedExtension" => saved_extensions::delete,
        "createNamedTransformation" => named_transformations::create,
        "listNamedTransformations" => named_transformations::list,
        "getNamedTransformation" => named_transformations::get,
        "updateNamedTransformation" => named_transformations::update,
        "deleteNamedTransformation" => named_transformations::delete,
        "createOrigin" => origins::create,
        "listOrigins" => origins::list,
        "getOrigin" => origins::get,
        "updateOrigin" => origins::update,
        "deleteOrigin" => origins::delete,
        "createUrlEndpoint" => url_endpoints::create,
        "listUrlEndpoints" => url_endpoints::list,
        "getUrlEndpoint" => url_endpoints::get,
        "updateUrlEndpoint" => url_endpoints::update,
        "deleteUrlEndpoint" => url_endpoints::delete,
        "createWebhook" => webhooks::create,
        "listWebhooks" => webhooks::list,
        "getWebhook" => webhooks::get,
        "updateWebhook" => webhooks::update,
        "deleteWebhook" => webhooks::delete,
        _ => return None,
    })
}

/// Whether an operation explains itself what is wrong with a field, in words that are documented.
pub(crate) fn explains(id: &str, field: &str) -> bool {
    let fields: &[&str] = match id {
        "listAssets" => &["limit", "skip", "type", "fileType", "sort"],
        "deleteMultipleFiles" | "addTagsToFiles" | "removeTagsFromFiles" => &["fileIds", "tags"],
        "removeAiTagsFromFiles" => &["fileIds", "AITags"],
        "createCustomMetadataField" | "updateCustomMetadataField" => &["schema"],
        "createSavedExtension" | "updateSavedExtension" => &["config"],
        "createOrigin" | "updateOrigin" => &["type"],
        "getUsage" | "getUsageAnalytics" => &["startDate", "endDate"],
        "purgeCache" => &["url"],
        "uploadFile" | "uploadFileV2" => &["transformation", "checks"],
        _ => &[],
    };
    fields.contains(&field)
}
