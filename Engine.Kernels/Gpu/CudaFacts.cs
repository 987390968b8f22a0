namespace Engine.Kernels.Gpu;

/// <summary>What the CUDA driver says of this machine. ILGPU takes every failure of it for a machine without devices.</summary>
/// <param name="HasLibrary">Whether the driver's library is here.</param>
/// <param name="Start">What the driver answered when it was started, 0 if it did.</param>
/// <param name="Name">The driver's name for that.</param>
/// <param name="Version">The version of CUDA that it supports: 12040 for 12.4.</param>
/// <param name="Devices">The number of its devices.</param>
/// <param name="Listed">The number of those that ILGPU lists.</param>
internal readonly record struct CudaFacts(bool HasLibrary, int Start, string Name, int Version, int Devices, int Listed)
{
    /// <summary>The compute capability that kernels are compiled for.</summary>
    public const int LeastCapability = 8;

    // CUDA 11.4, which has all that is called here.
    private const int LeastVersion = 11040;

    /// <summary>What keeps devices from being used, with a remedy; null if there is nothing to say.</summary>
    public string? Problem
        => !HasLibrary ? "No CUDA driver (libcuda.so.1, nvcuda.dll) was found: install NVIDIA's driver, and see that 'nvidia-smi' lists "
                + "the card; in a container, let it have the card (--gpus all)."
            : Start != 0 ? $"The CUDA driver does not start: {Name} ({Start}). {Remedy}"
            : Version < LeastVersion ? $"The CUDA driver is too old: it supports CUDA {Text(Version)}, and {Text(LeastVersion)} is needed: "
                + "install driver 470 or newer."
            : Devices == 0 ? "The CUDA driver has no device: see that 'nvidia-smi' lists a card, and CUDA_VISIBLE_DEVICES does not "
                + "hide it."
            : Listed < Devices ? $"The CUDA driver has {Devices} devices, but ILGPU lists {Listed}: hide one after the other "
                + "with CUDA_VISIBLE_DEVICES to see which one it can't use."
            : null;

    private string Remedy
        => Start switch
        {
            34 => "This is a toolkit's stand-in for the driver: take its folder off LD_LIBRARY_PATH.",
            100 => "It finds no card: see that 'nvidia-smi' lists one, and CUDA_VISIBLE_DEVICES does not hide it.",
            802 => "The machine is still starting, or its fabric manager does not run: start nvidia-fabricmanager.",
            803 => "Its library and its kernel module have different versions: restart the machine.",
            804 => "Its forward-compatibility libraries do not support this card: take them off LD_LIBRARY_PATH.",
            _ => "See what 'nvidia-smi' says; a restart of the machine, or the driver installed anew, may help.",
        };

    /// <summary>Asks the driver.</summary>
    /// <param name="listed">The number of devices that ILGPU lists.</param>
    public static CudaFacts OfThisMachine(int listed)
    {
        if (!DriverLibrary.IsHere(OperatingSystem.IsWindows() ? "nvcuda" : CudaDriver.Library))
            return default;
        int start = CudaDriver.Initialise(0);
        if (start != 0)
            return new(true, start, CudaDriver.NameOf(start), 0, 0, listed);
        CudaDriver.GetVersion(out int version);
        CudaDriver.GetCount(out int devices);
        return new(true, 0, "", version, devices, listed);
    }

    private static string Text(int version) => FormattableString.Invariant($"{version / 1000}.{version % 1000 / 10}");
}
