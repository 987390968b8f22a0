// The errors that calls give, with the names and texts of the real driver's.
#pragma once

// ERROR(value here, number, name, text)
#define CUDA_ERRORS(ERROR) \
    ERROR(Success, 0, "CUDA_SUCCESS", "no error") \
    ERROR(InvalidValue, 1, "CUDA_ERROR_INVALID_VALUE", "invalid argument") \
    ERROR(OutOfMemory, 2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory") \
    ERROR(NotInitialized, 3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error") \
    ERROR(StubLibrary, 34, "CUDA_ERROR_STUB_LIBRARY", "CUDA driver is a stub library") \
    ERROR(NoDevice, 100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected") \
    ERROR(InvalidDevice, 101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal") \
    ERROR(InvalidImage, 200, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid") \
    ERROR(InvalidContext, 201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context") \
    ERROR(NoBinaryForGpu, 209, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available for execution on the device") \
    ERROR(PeerAccessUnsupported, 217, "CUDA_ERROR_PEER_ACCESS_UNSUPPORTED", "peer access is not supported between these two devices") \
    ERROR(InvalidPtx, 218, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed") \
    ERROR(UnsupportedPtxVersion, 222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", \
        "the provided PTX was compiled with an unsupported toolchain") \
    ERROR(InvalidHandle, 400, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle") \
    ERROR(IllegalState, 401, "CUDA_ERROR_ILLEGAL_STATE", "the operation cannot be performed in the present state") \
    ERROR(NotFound, 500, "CUDA_ERROR_NOT_FOUND", "named symbol not found") \
    ERROR(NotReady, 600, "CUDA_ERROR_NOT_READY", "device not ready") \
    ERROR(IllegalAddress, 700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered") \
    ERROR(PeerAccessNotEnabled, 705, "CUDA_ERROR_PEER_ACCESS_NOT_ENABLED", "peer access has not been enabled") \
    ERROR(HostMemoryAlreadyRegistered, 712, "CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED", \
        "part or all of the requested memory range is already mapped") \
    ERROR(HostMemoryNotRegistered, 713, "CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED", \
        "pointer does not correspond to a registered memory region") \
    ERROR(MisalignedAddress, 716, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address") \
    ERROR(LaunchFailed, 719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure") \
    ERROR(DriverMismatch, 803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "system has unsupported display driver / cuda driver combination") \
    ERROR(CaptureUnsupported, 900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing") \
    ERROR(CaptureInvalidated, 901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture") \
    ERROR(CaptureImplicit, 906, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT", \
        "operation would make the legacy stream depend on a capturing blocking stream") \
    ERROR(CapturedEvent, 907, "CUDA_ERROR_CAPTURED_EVENT", "operation not permitted on an event last recorded in a capturing stream") \
    ERROR(CaptureWrongThread, 908, "CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD", \
        "attempt to terminate a thread-local capture from another thread") \
    ERROR(Unknown, 999, "CUDA_ERROR_UNKNOWN", "unknown error")

namespace softcuda {

enum Result : int {
#define VALUE(value, number, name, text) value = number,
    CUDA_ERRORS(VALUE)
#undef VALUE
};

}
