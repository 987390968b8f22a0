namespace Engine.Bench.Output;

/// <summary>Replaces files as a whole: whoever reads one, now or after a crash, finds the old contents or the new ones.</summary>
internal static class AtomicFile
{
    /// <summary>The file that is written beside another one to take its place.</summary>
    public static string TemporaryName(string name) => "." + name + ".tmp";

    /// <summary>Writes a file.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        string temporary = Path.Combine(Path.GetDirectoryName(path)!, TemporaryName(Path.GetFileName(path)));
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            // On a full disk the half that was written is in the way of whatever comes next.
            File.Delete(temporary);
            throw;
        }
    }
}
