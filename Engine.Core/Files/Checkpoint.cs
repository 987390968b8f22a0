using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;

namespace Engine.Core.Files;

/// <summary>
/// All a run needs to be continued: its tensors, the settings it was started with and how far it has come. A checkpoint
/// is one safetensors file, so that other tools can read its tensors; a checksum of all its bytes guards it.
/// </summary>
/// <param name="Tensors">The tensors by name, in the order saved.</param>
/// <param name="Settings">The settings, a JSON object.</param>
/// <param name="Progress">The progress, a JSON value.</param>
public sealed record Checkpoint(OrderedDictionary<string, StoredTensor> Tensors, string Settings, string Progress)
{
    /// <summary>The version of the format written, and the only one read.</summary>
    public const int FormatVersion = 2;

    private const string ChecksumKey = "checksum";
    private const string VersionKey = "checkpoint_version";
    private const string SettingsKey = "settings";
    private const string ProgressKey = "progress";
    private const string Unset = "0000000000000000";

    // The checksum is the header's first text, and so at a fixed place: it covers every byte but its own.
    private static readonly byte[] Opening = Encoding.UTF8.GetBytes($"{{\"{SafeTensorsHeader.MetadataName}\":{{\"{ChecksumKey}\":\"");
    private static readonly int ChecksumAt = SafeTensors.PrefixLength + Opening.Length;

    /// <summary>Saves a checkpoint; the old file stays until the new one is complete.</summary>
    /// <exception cref="ArgumentNullException">An argument or a tensor is null.</exception>
    /// <exception cref="ArgumentException">
    /// The settings are no JSON object, the progress is no JSON, a tensor's name is repeated, reserved or not valid Unicode, or
    /// all names, settings and progress together exceed <see cref="SafeTensors.MaxHeaderLength"/>.
    /// </exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Save(string path, IEnumerable<KeyValuePair<string, StoredTensor>> tensors, string settings, string progress)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(tensors);
        SettingsComparison.ParseObject(settings, nameof(settings)).Dispose();
        RequireJson(progress, nameof(progress));
        SafeTensorsLayout layout = SafeTensorsLayout.Of(
            tensors,
            [
                new(ChecksumKey, Unset),
                new(VersionKey, FormatVersion.ToString(CultureInfo.InvariantCulture)),
                new(SettingsKey, settings),
                new(ProgressKey, progress),
            ]);
        XxHash3 hash = new();
        hash.Append(layout.Header);
        foreach (byte[] data in layout.Data)
            hash.Append(data);
        Encoding.ASCII.GetBytes(Text(hash)).CopyTo(layout.Header, ChecksumAt);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(layout.Header);
            foreach (byte[] data in layout.Data)
                stream.Write(data);
        });
    }

    /// <summary>Loads a checkpoint, first checking that every byte is as it was saved.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="path"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is truncated, corrupt or no checkpoint, or was written in another version of the format.
    /// </exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static Checkpoint Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        SafeTensorsFile file;
        using (FileStream stream = File.OpenRead(path))
        {
            try
            {
                CheckSum(stream);
                stream.Position = 0;
                file = SafeTensors.Read(stream);
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException(
                    $"Checkpoint {path} is truncated or corrupt, or no checkpoint: {e.Message} "
                    + "Name another, restore it from a copy, or remove it to begin anew.", e);
            }
        }

        string version = file.Metadata.GetValueOrDefault(VersionKey, "");
        if (version != FormatVersion.ToString(CultureInfo.InvariantCulture))
        {
            throw new InvalidDataException(
                $"Checkpoint {path} has format version '{version}'; only {FormatVersion} can be read: use the engine that wrote it, "
                + "or begin anew.");
        }

        if (!file.Metadata.TryGetValue(SettingsKey, out string? settings) || !file.Metadata.TryGetValue(ProgressKey, out string? progress))
            throw new InvalidDataException($"Checkpoint {path} has no settings or no progress.");
        return new Checkpoint(new(file.Tensors), settings, progress);
    }

    /// <summary>Checks that a run is continued with the settings it was started with.</summary>
    /// <param name="savedJson">The settings of the checkpoint, a JSON object.</param>
    /// <param name="currentJson">The settings now, a JSON object.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">An argument is no JSON object.</exception>
    /// <exception cref="InvalidOperationException">Settings differ; the message names each with both its values.</exception>
    public static void RequireSameSettings(string savedJson, string currentJson)
    {
        using JsonDocument saved = SettingsComparison.ParseObject(savedJson, nameof(savedJson));
        using JsonDocument current = SettingsComparison.ParseObject(currentJson, nameof(currentJson));
        List<string> differences = SettingsComparison.Differences(saved.RootElement, current.RootElement);
        if (differences.Count > 0)
            throw new InvalidOperationException(
                "The checkpoint was saved with other settings:" + Environment.NewLine + string.Join(Environment.NewLine, differences));
    }

    private static void RequireJson(string json, string parameter)
    {
        ArgumentNullException.ThrowIfNull(json, parameter);
        try
        {
            JsonDocument.Parse(json).Dispose();
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"The text is no JSON: {e.Message}", parameter, e);
        }
    }

    private static string Text(XxHash3 hash) => hash.GetCurrentHashAsUInt64().ToString("x16", CultureInfo.InvariantCulture);

    private static void CheckSum(FileStream stream)
    {
        byte[] block = new byte[1 << 16];
        XxHash3 hash = new();
        int count = stream.ReadAtLeast(block, block.Length, throwOnEndOfStream: false);
        Span<byte> start = block.AsSpan(0, count);
        if (count < ChecksumAt + Unset.Length || !start[SafeTensors.PrefixLength..ChecksumAt].SequenceEqual(Opening))
            throw new InvalidDataException("It does not begin as a checkpoint does.");
        Span<byte> field = start.Slice(ChecksumAt, Unset.Length);
        string expected = Encoding.Latin1.GetString(field);
        field.Fill((byte)'0');
        for (; count > 0; count = stream.Read(block))
            hash.Append(block.AsSpan(0, count));
        if (expected != Text(hash))
            throw new InvalidDataException("Its checksum is not that of its content.");
    }
}
